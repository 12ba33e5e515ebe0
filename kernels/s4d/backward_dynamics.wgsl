// S4D backward, second part: the gradients of A and Δ.
//
// modes, sums as in backward_mode.wgsl; B, C (D, N, 2), or (D, N) where real; d_log_A_real, d_A_imag (D, N); d_log_dt (D).
//
// One thread a channel; it walks over the modes, which share Δ.
#import "backward_mode.wgsl"

struct Params { channels: u32, states: u32, has_B: u32 }

@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> modes: array<u32>;
@group(0) @binding(2) var<storage, read> B: array<f32>;
@group(0) @binding(3) var<storage, read> C: array<f32>;
@group(0) @binding(4) var<storage, read> sums: array<f32>;
@group(0) @binding(5) var<storage, read_write> d_log_A_real: array<f32>;
@group(0) @binding(6) var<storage, read_write> d_A_imag: array<f32>;
@group(0) @binding(7) var<storage, read_write> d_log_dt: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let d = id.x;
  if (d >= p.channels) { return; }
  var by_log_dt = 0.0;
  for (var n = 0u; n < p.states; n++) {
    let i = d * p.states + n;
    let m = back_at(i);
    let cb = times(m.c, m.b);
    let by_z = times(conjugate(step_slope(m.A_bar, m.psi.xy)), m.by_A_bar)
      + m.delta * times(conjugate(times(cb, m.psi.zw)), m.by_W);
    by_log_dt += m.delta * (dot(times(cb, m.psi.xy), m.by_W) + dot(m.A, by_z));
    // A = −exp(log_A_real) + i A_imag
    let by_A = m.delta * by_z;
    d_log_A_real[i] = by_A.x * m.A.x;
    d_A_imag[i] = by_A.y;
  }
  d_log_dt[d] = by_log_dt;
}
