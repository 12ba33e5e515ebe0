// Sizes, where columns begin, and how heads are cut: `each` heads of a group at a time. `to_…`: where the way back writes.
struct Params {
  length: u32, heads: u32, head_dim: u32, groups: u32, states: u32, chunk: u32, chunks: u32, pitch: u32,
  x_width: u32, x_from: u32, bc_width: u32, b_from: u32, c_from: u32, has_skip: u32, carried: u32,
  each: u32, to_width: u32, to_from: u32
}
@group(0) @binding(0) var<uniform> p: Params;

fn decay_of(exponent: f32) -> f32 { return exp(clamp(exponent, -87.0, 0.0)); }
