// softplus(x) = ln(1 + eˣ), to a few parts in 10⁷ at every x: max(x, 0) + ln(1 + u) with u = exp(−|x|) in (0, 1], where
// ln(1 + u) = 2 artanh(u / (2 + u)) as a series. A plain log(1 + exp(x)) keeps no digit of a small Δ.
fn softplus(x: f32) -> f32 {
  let u = exp(-abs(x));
  let s = u / (2.0 + u);
  let q = s * s;
  let tail = q * (1.0 / 7.0 + q * (1.0 / 9.0 + q * (1.0 / 11.0 + q * (1.0 / 13.0))));
  return max(x, 0.0) + 2.0 * s * (1.0 + q * (1.0 / 3.0 + q * (1.0 / 5.0 + tail)));
}
