// As leave.wgsl, for the kernel's gradient dk (D, L′), zeros beyond the first `length` taps; dskip (D) is dk_0.
@group(0) @binding(2) var<storage, read> z: array<vec2f>;
@group(0) @binding(3) var<storage, read_write> dk: array<f32>;
@group(0) @binding(4) var<storage, read_write> dskip: array<f32>;

fn load(task: u32, e: u32) -> vec2f { return z[place(task, e)]; }

fn store(task: u32, e: u32, v: vec2f) {
  let inner = task % stride_of();
  let s = inner / p.width + e * (p.span / RADIX);
  let d = 2u * (p.pair_from + inner % p.width);
  put(d, s, v.x);
  if (d + 1u < p.channels) { put(d + 1u, s, v.y); }
}

fn put(d: u32, s: u32, value: f32) {
  if (s >= p.taps) { return; }
  dk[d * p.taps + s] = select(0.0, value, s < p.length);
  if (s == 0u) { dskip[d] = value; }
}
