// Backward of gated RMS norm by its weight: dw = Σ over rows of g · x · silu(z) · s, where s is the scale of the row's group.
// x, g (rows, width), z (rows, z_width) with its columns from z_from on, scale (rows, width / group_width), partial (blocks, width);
// the layout is that of column_sums.wgsl.
#import "../lib/silu.wgsl"

struct Params { rows: u32, width: u32, block: u32, group_width: u32, z_width: u32, z_from: u32 }

@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read> z: array<f32>;
@group(0) @binding(3) var<storage, read> g: array<f32>;
@group(0) @binding(4) var<storage, read> scale: array<f32>;
@group(0) @binding(5) var<storage, read_write> partial: array<f32>;

fn term(row: u32, k: u32) -> vec2f {
  let at = row * p.width + k;
  let u = x[at] * silu(z[row * p.z_width + p.z_from + k]);
  return vec2f(g[at] * u * scale[at / p.group_width], 0.0);
}
