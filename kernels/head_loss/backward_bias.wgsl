// Backward of the head by its bias: db = Σ over rows of the logits' gradient. dlogits (rows, width), partial (blocks, width); the
// layout is that of column_sums.wgsl.
struct Params { rows: u32, width: u32, block: u32 }

@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> dlogits: array<f32>;
@group(0) @binding(2) var<storage, read_write> partial: array<f32>;

fn term(row: u32, k: u32) -> vec2f {
  return vec2f(dlogits[row * p.width + k], 0.0);
}
