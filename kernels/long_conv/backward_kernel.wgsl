// The gradient of the long convolution by its kernel, directly: dk_s = Σ_b Σ_t dy_t x_{t−s}. That of D_skip is dk_0.
//
// x, dy (batch, L, D); dk (D, L′), zeros beyond L; dskip (D).
//
// One thread a channel and eight taps; a workgroup takes 64 channels. Eight sums and the last eight inputs stay in registers.

struct Params { length: u32, channels: u32, taps: u32, batch: u32 }

@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read> dy: array<f32>;
@group(0) @binding(3) var<storage, read_write> dk: array<f32>;
@group(0) @binding(4) var<storage, read_write> dskip: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let d = id.x;
  if (d >= p.channels) { return; }
  for (var first = 8u * id.y; first < p.taps; first += 8u * groups.y) {
    var low = vec4f(0.0);
    var high = vec4f(0.0);
    for (var b = 0u; b < p.batch; b++) {
      let row = b * p.length * p.channels + d;
      // Inputs first … first + 3 and first + 4 … first + 7 tokens before the present one.
      var newer = vec4f(0.0);
      var older = vec4f(0.0);
      for (var t = first; t < p.length; t++) {
        older = vec4f(newer.w, older.xyz);
        newer = vec4f(x[row + (t - first) * p.channels], newer.xyz);
        let gradient = dy[row + t * p.channels];
        low += gradient * newer;
        high += gradient * older;
      }
    }
    for (var i = 0u; i < 8u; i++) {
      let s = first + i;
      if (s >= p.taps) { break; }
      dk[d * p.taps + s] = select(high[i & 3u], low[i & 3u], i < 4u);
    }
    if (first == 0u) { dskip[d] = low.x; }
  }
}
