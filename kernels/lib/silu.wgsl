// SiLU, z · sigmoid(z). The exponent is held below 80 so that a very negative z gives −0 and never an overflow.
fn silu(z: f32) -> f32 {
  return z / (1.0 + exp(min(-z, 80.0)));
}
