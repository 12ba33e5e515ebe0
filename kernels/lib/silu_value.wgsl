// SiLU and its slope for values of one number or of four (see silu.wgsl and silu_slope.wgsl).
fn silu(z: Value) -> Value {
  return z / (1.0 + exp(min(-z, Value(80.0))));
}

fn silu_slope(z: Value) -> Value {
  let sigmoid = 1.0 / (1.0 + exp(min(-z, Value(80.0))));
  return sigmoid * (1.0 + z * (1.0 - sigmoid));
}
