// Sizes, where columns begin, and how heads are cut: `each` heads of a group at a time. On the way back, `to_…` is where gradients of x
// go; where `swapped`, dy and C stand in the places of x and B.
struct Params {
  length: u32, heads: u32, head_dim: u32, groups: u32, states: u32, chunk: u32, chunks: u32, pitch: u32,
  x_width: u32, x_from: u32, bc_width: u32, b_from: u32, c_from: u32, has_skip: u32, carried: u32,
  each: u32, to_width: u32, to_from: u32, swapped: u32
}
@group(0) @binding(0) var<uniform> p: Params;

fn decay_of(exponent: f32) -> f32 { return exp(clamp(exponent, -87.0, 0.0)); }
