// As enter.wgsl, for the kernel (D, L′), which lies channel by channel; its first `length` taps count.
@group(0) @binding(2) var<storage, read> kernel: array<f32>;
@group(0) @binding(3) var<storage, read_write> z: array<vec2f>;

fn load(task: u32, e: u32) -> vec2f {
  let inner = task % stride_of();
  let s = inner / p.width + e * (p.span / RADIX);
  if (s >= p.length) { return vec2f(0.0); }
  let d = 2u * (p.pair_from + inner % p.width);
  if (d + 1u >= p.channels) { return vec2f(kernel[d * p.taps + s], 0.0); }
  return vec2f(kernel[d * p.taps + s], kernel[(d + 1u) * p.taps + s]);
}

fn store(task: u32, e: u32, v: vec2f) { z[place(task, e)] = v; }
