// Backward of layer norm by its weight and its bias: dw = Σ over rows of g · (x − mean) · s, db = Σ g.
// x, g (rows, width), stats (rows, 2): mean and s; partial (2, blocks, width); the layout is that of column_sums.wgsl.
struct Params { rows: u32, width: u32, block: u32 }

@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read> g: array<f32>;
@group(0) @binding(3) var<storage, read> stats: array<f32>;
@group(0) @binding(4) var<storage, read_write> partial: array<f32>;

fn term(row: u32, k: u32) -> vec2f {
  let at = row * p.width + k;
  return g[at] * vec2f((x[at] - stats[2u * row]) * stats[2u * row + 1u], 1.0);
}
