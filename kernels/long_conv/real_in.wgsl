// Real numbers in time order as the elements of transforms: two neighbouring channels are the real and the imaginary part of one, which
// (batch, L, D) already is where D is even. Zeros stand beyond the last token and the last channel. x (batch, L, D).

fn load_real(task: u32, e: u32) -> vec2f {
  let stride = stride_of();
  let inner = task % stride;
  let t = inner / p.width + e * (p.span / RADIX);
  if (t >= p.length) { return vec2f(0.0); }
  let d = 2u * (p.pair_from + inner % p.width);
  let at = (task / stride * p.length + t) * p.channels + d;
  if (d + 1u >= p.channels) { return vec2f(x[at], 0.0); }
  return vec2f(x[at], x[at + 1u]);
}
