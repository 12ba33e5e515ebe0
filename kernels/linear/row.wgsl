// linear, version `row`, for sizes that are no multiples of four: few rows, as when one token is decoded. LANES neighbours share
// one output: each sums every LANES-th input, then they add up in workgroup memory. One workgroup makes 64 / LANES outputs of
// one row. With HAS_NORM each lane also sums its part of the row's squares, which gives RMS norm without a dispatch of its own.
#import "rows.wgsl"
#import "lanes.wgsl"

@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read> weight: array<f32>;
@group(0) @binding(5) var<storage, read> norm_weight: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(local_invocation_index) local: u32, @builtin(workgroup_id) group: vec3u) {
  let o = group.x * (64u / LANES) + local / LANES;
  let row = row_of(group);
  let start = min(row, p.rows - 1u) * p.a_stride + p.a_offset;
  let w = min(o, p.columns - 1u) * p.inner;
  var sum = 0.0;
  var square = 0.0;
  for (var k = local % LANES; k < p.inner; k += LANES) {
    var value = x[start + k];
    if (HAS_NORM) {
      square += value * value;
      value *= norm_weight[k];
    }
    sum += value * weight[w + k];
  }
  add_lanes(local, row, o, sum, square);
}
