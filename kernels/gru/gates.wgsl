// What the gated recurrent unit and its backward share: the gates' curves.

// The exponent is held below 80: no overflow, and a sigmoid of 10⁻³⁵ is as good as zero.
fn sigmoid(x: f32) -> f32 {
  return 1.0 / (1.0 + exp(min(-x, 80.0)));
}

// (1 − e) / (1 + e) with e = exp(−2|x|) never overflows; its series where 1 − e would lose digits.
fn tanh_(x: f32) -> f32 {
  let e = exp(-2.0 * abs(x));
  let q = x * x;
  let series = x * (1.0 - q * (1.0 / 3.0 - q * (2.0 / 15.0 - q * (17.0 / 315.0))));
  return select(sign(x) * (1.0 - e) / (1.0 + e), series, abs(x) < 0.1);
}
