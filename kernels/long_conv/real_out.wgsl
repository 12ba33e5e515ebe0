// Elements of transforms as real numbers in time order, two channels each, with D_skip · x added. x, y (batch, L, D); skip (D).

fn store_real(task: u32, e: u32, v: vec2f) {
  let stride = stride_of();
  let inner = task % stride;
  let t = inner / p.width + e * (p.span / RADIX);
  if (t >= p.length) { return; }
  let d = 2u * (p.pair_from + inner % p.width);
  let at = (task / stride * p.length + t) * p.channels + d;
  put(at, d, v.x);
  if (d + 1u < p.channels) { put(at + 1u, d + 1u, v.y); }
}

fn put(at: u32, d: u32, value: f32) {
  var sum = value;
  if (p.has_skip != 0u) { sum += skip[d] * x[at]; }
  y[at] = sum;
}
