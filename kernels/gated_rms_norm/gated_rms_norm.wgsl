// Gated RMS norm: with u = x · silu(z), y = u · weight / √(mean(u²) + ε), the mean over each group of the last dimension.
// x, y (rows, groups · width), z (rows, z_width) with its columns from z_from on, weight (groups · width).
// A group of a row is a row here: its lanes take its numbers in turn and add their squares up; then x and z are read again, from
// the cache.
#import "../lib/silu.wgsl"

struct Params { rows: u32, width: u32, groups: u32, z_width: u32, z_from: u32, epsilon: f32 }

@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read> z: array<f32>;
@group(0) @binding(3) var<storage, read> weight: array<f32>;
@group(0) @binding(4) var<storage, read_write> y: array<f32>;

fn work(row: u32, lane: u32, lanes: u32) {
  let width = select(0u, p.width, row < p.rows);
  let first = row % p.groups * p.width;
  let start = row * p.width;
  let z_start = row / p.groups * p.z_width + p.z_from + first;
  var square = 0.0;
  for (var k = lane; k < width; k += lanes) {
    let u = x[start + k] * silu(z[z_start + k]);
    square += u * u;
  }
  let sum = sum_row(vec2f(square, 0.0)).x;
  let scale = inverseSqrt(sum / f32(p.width) + p.epsilon);
  for (var k = lane; k < width; k += lanes) {
    y[start + k] = x[start + k] * silu(z[z_start + k]) * scale * weight[first + k];
  }
}
