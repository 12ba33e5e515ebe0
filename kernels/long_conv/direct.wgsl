// The long convolution, version 1 (`direct`): y_t = Σ_{s ≤ t} k_s x_{t−s} + D_skip x_t, the sum as it stands. MIRRORED takes later
// tokens instead, y_t = Σ_s k_s x_{t+s} + D_skip x_t: the gradient by x.
//
// x, y (batch, L, D); kernel (D, L′); skip (D).
//
// One thread a channel and eight tokens; a workgroup takes 64 channels. Eight sums and eight taps stay in registers: each token read
// meets all eight sums, and then the taps move up by one.

struct Params { length: u32, channels: u32, taps: u32, has_skip: u32 }

@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read> kernel: array<f32>;
@group(0) @binding(3) var<storage, read> skip: array<f32>;
@group(0) @binding(4) var<storage, read_write> y: array<f32>;

/// Token t of a row, counted from its end where mirrored.
fn place(b: u32, t: u32, d: u32) -> u32 {
  var at = t;
  if (MIRRORED) { at = p.length - 1u - t; }
  return (b * p.length + at) * p.channels + d;
}

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let d = id.x;
  if (d >= p.channels) { return; }
  let b = id.z;
  for (var first = 8u * id.y; first < p.length; first += 8u * groups.y) {
    var low = vec4f(0.0);
    var high = vec4f(0.0);
    // Taps for tokens first … first + 3 and first + 4 … first + 7: k_{t − j} for the token j that is read next.
    let oldest = select(0u, first + 1u - p.taps, first + 1u > p.taps);
    var near = vec4f(0.0);
    var far = vec4f(0.0);
    for (var i = 0u; i < 4u; i++) {
      near[i] = tap(d, first + i, oldest);
      far[i] = tap(d, first + 4u + i, oldest);
    }
    let end = min(first + 8u, p.length);
    for (var j = oldest; j < end; j++) {
      let value = x[place(b, j, d)];
      low += near * value;
      high += far * value;
      far = vec4f(near.w, far.xyz);
      near = vec4f(tap(d, first, j + 1u), near.xyz);
    }
    for (var i = 0u; i < 8u; i++) {
      let t = first + i;
      if (t >= p.length) { break; }
      let at = place(b, t, d);
      var sum = select(high[i & 3u], low[i & 3u], i < 4u);
      if (p.has_skip != 0u) { sum += skip[d] * x[at]; }
      y[at] = sum;
    }
  }
}

/// k_{t − j}; 0 where j is later than t or beyond the kernel's reach.
fn tap(d: u32, t: u32, j: u32) -> f32 {
  if (j > t || t - j >= p.taps) { return 0.0; }
  return kernel[d * p.taps + t - j];
}
