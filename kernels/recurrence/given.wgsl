// What every pass of the walk reads. A_log has constant B and C behind it, where there are any.
#import "./params.wgsl"
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read> delta: array<f32>;
@group(0) @binding(3) var<storage, read> A_log: array<f32>;
@group(0) @binding(4) var<storage, read> BC: array<f32>;

/// A channel's constant B, or zeros where it is a token's; C likewise.
fn constant_B(d: u32) -> array<f32, STATES> {
  var B = array<f32, STATES>();
  if (CONSTANT_B) { for (var n = 0u; n < STATES; n++) { B[n] = A_log[p.b_at + d * STATES + n]; } }
  return B;
}

fn constant_C(d: u32) -> array<f32, STATES> {
  var C = array<f32, STATES>();
  if (CONSTANT_C) { for (var n = 0u; n < STATES; n++) { C[n] = A_log[p.c_at + d * STATES + n]; } }
  return C;
}

/// B of a state: a token's, from its row of BC, or the constant; C likewise.
fn B_of(row: u32, n: u32, constant: f32) -> f32 {
  if (CONSTANT_B) { return constant; }
  return BC[row + n];
}

fn C_of(row: u32, n: u32, constant: f32) -> f32 {
  if (CONSTANT_C) { return constant; }
  return BC[row + n];
}
