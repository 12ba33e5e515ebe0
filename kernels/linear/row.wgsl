// linear, version `row`: few rows, as when one token is decoded. LANES neighbours share one output: each sums every LANES-th
// input, then they add up in workgroup memory. One workgroup makes 64 / LANES outputs of one row. With HAS_NORM each lane
// also sums its part of the row's squares, which gives RMS norm without a dispatch of its own.
#import "epilogue.wgsl"

@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read> weight: array<f32>;
@group(0) @binding(5) var<storage, read> norm_weight: array<f32>;

var<workgroup> sums: array<f32, 64>;
var<workgroup> squares: array<f32, 64>;

@compute @workgroup_size(64)
fn main(@builtin(local_invocation_index) local: u32, @builtin(workgroup_id) group: vec3u) {
  let lane = local % LANES;
  let o = group.x * (64u / LANES) + local / LANES;
  let row = row_of(group);
  let start = min(row, p.rows - 1u) * p.stride + p.offset;
  let w = min(o, p.out - 1u) * p.width;
  var sum = 0.0;
  var square = 0.0;
  for (var k = lane; k < p.width; k += LANES) {
    let value = x[start + k];
    if (HAS_NORM) {
      square += value * value;
      sum += value * norm_weight[k] * weight[w + k];
    } else {
      sum += value * weight[w + k];
    }
  }
  sums[local] = sum;
  squares[local] = square;
  workgroupBarrier();
  if (lane == 0u) {
    for (var i = 1u; i < LANES; i++) {
      sum += sums[local + i];
      square += squares[local + i];
    }
    if (HAS_NORM) { sum *= inverseSqrt(square / f32(p.width) + p.epsilon); }
    finish(row, o, sum);
  }
}
