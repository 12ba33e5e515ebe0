// The slope of SiLU at z: σ(z) · (1 + z · (1 − σ(z))). The exponent is held below 80, as in silu.wgsl.
fn silu_slope(z: f32) -> f32 {
  let sigmoid = 1.0 / (1.0 + exp(min(-z, 80.0)));
  return sigmoid * (1.0 + z * (1.0 - sigmoid));
}
