// The last pass back to time: from z (batch, n, pairs), complex, to y (batch, L, D), with D_skip · x added.
@group(0) @binding(2) var<storage, read> z: array<vec2f>;
@group(0) @binding(3) var<storage, read> x: array<f32>;
@group(0) @binding(4) var<storage, read> skip: array<f32>;
@group(0) @binding(5) var<storage, read_write> y: array<f32>;

fn load(task: u32, e: u32) -> vec2f { return z[place(task, e)]; }

fn store(task: u32, e: u32, v: vec2f) {
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
