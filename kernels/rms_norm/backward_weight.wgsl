// Backward of RMS norm by its weight: dw = Σ over rows of g · x · s, where s is the row's scale.
// x, g (rows, width), scale (rows), partial (blocks, width); the layout is that of column_sums.wgsl.
struct Params { rows: u32, width: u32, block: u32 }

@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read> g: array<f32>;
@group(0) @binding(3) var<storage, read> scale: array<f32>;
@group(0) @binding(4) var<storage, read_write> partial: array<f32>;

fn term(row: u32, k: u32) -> vec2f {
  let at = row * p.width + k;
  return vec2f(g[at] * x[at] * scale[row], 0.0);
}
