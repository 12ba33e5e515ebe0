// linear, version `row`, on quads: few rows, as when one token is decoded. LANES neighbours share one output: each sums every
// LANES-th quad of inputs, then they add up in workgroup memory. One workgroup makes 64 / LANES outputs of one row. With
// HAS_NORM each lane also sums its part of the row's squares, which gives RMS norm without a dispatch of its own.
#import "quads.wgsl"
#import "lanes.wgsl"

@compute @workgroup_size(64)
fn main(@builtin(local_invocation_index) local: u32, @builtin(workgroup_id) group: vec3u) {
  let o = group.x * (64u / LANES) + local / LANES;
  let row = row_of(group);
  let start = row_start(row);
  let w = output_start(o);
  var sum = 0.0;
  var square = 0.0;
  let quads = p.inner / 4u;
  for (var k = local % LANES; k < quads; k += LANES) {
    var value = x[start + k];
    if (HAS_NORM) {
      square += dot(value, value);
      value *= norm_weight[k];
    }
    sum += dot(value, weight[w + k]);
  }
  add_lanes(local, row, o, sum, square);
}
