// Gated RMS norm: with u = x · silu(z), y = u · weight / √(mean(u²) + ε), the mean over each group of the last dimension.
// x, y (rows, groups · width), z (rows, z_width) with its columns from z_from on, weight (groups · width).
// A group of a row is a row here: its lanes take its values of STEP numbers in turn and add their squares up; then x and z are read again, from
// the cache.
#import "../lib/silu_value.wgsl"

struct Params { rows: u32, width: u32, groups: u32, z_width: u32, z_from: u32, epsilon: f32 }

@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> x: array<Value>;
@group(0) @binding(2) var<storage, read> z: array<Value>;
@group(0) @binding(3) var<storage, read> weight: array<Value>;
@group(0) @binding(4) var<storage, read_write> y: array<Value>;

fn work(row: u32, lane: u32, lanes: u32) {
  let width = select(0u, p.width / STEP, row < p.rows);
  let first = row % p.groups * (p.width / STEP);
  let start = row * (p.width / STEP);
  let z_start = (row / p.groups * p.z_width + p.z_from) / STEP + first;
  var own = 0.0;
  for (var k = lane; k < width; k += lanes) {
    let u = x[start + k] * silu(z[z_start + k]);
    own += add_up(u * u);
  }
  let scale = inverseSqrt(sum_row(vec2f(own, 0.0)).x / f32(p.width) + p.epsilon);
  for (var k = lane; k < width; k += lanes) {
    y[start + k] = x[start + k] * silu(z[z_start + k]) * scale * weight[first + k];
  }
}
