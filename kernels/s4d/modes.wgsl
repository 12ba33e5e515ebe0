// S4D: from parameters to modes in discrete time. A = −exp(log_A_real) + i A_imag, Δ = exp(log_dt); Ā and B̄ by zero-order hold or the
// bilinear rule.
//
// log_A_real, A_imag (D, N); log_dt (D); B (D, N, 2), or (D, N) where real. modes (D, N) of 10 words: the angle of Ā as a 64-bit part of a turn
// (lower, upper), ln |Ā|, Ā, B̄, A, Δ; all but the first two are the bits of an f32.
//
// One thread a mode. The angle is computed in 64-bit integers: at lag 65,536 it is still right to 10⁻⁷.
#import "../lib/wide.wgsl"
#import "rule.wgsl"

struct Params { modes: u32, states: u32, has_B: u32 }

@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> log_A_real: array<f32>;
@group(0) @binding(2) var<storage, read> A_imag: array<f32>;
@group(0) @binding(3) var<storage, read> B: array<f32>;
@group(0) @binding(4) var<storage, read> log_dt: array<f32>;
@group(0) @binding(5) var<storage, read_write> modes: array<u32>;

/// The lowest ln |Ā|: e to it is 0 in f32, and a multiple of it is finite.
const LEAST = -200.0;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let i = id.x;
  if (i >= p.modes) { return; }
  let delta = wide_exp(log_dt[i / p.states]);
  let size = wide_exp(log_A_real[i]);
  let decay = wide_multiply(delta, size);
  var turn = 0.0;
  if (COMPLEX) { turn = A_imag[i]; }
  let advance = wide_multiply(delta, wide_of(abs(turn)));
  let z = vec2f(-wide_f32(decay), sign(turn) * wide_f32(advance));

  var angle: vec2u;
  var log_size: f32;
  if (ZOH) {
    angle = wide_turns(advance);
    log_size = z.x;
  } else {
    angle = bilinear_angle(decay, advance);
    log_size = bilinear_log_size(0.5 * abs(z));
  }
  if (turn < 0.0) { angle = wide_negate(angle); }
  log_size = max(log_size, LEAST);

  let A_bar = wide_f32(wide_exp(log_size)) * cos_sin_turns(angle.y + (angle.x >> 31u));
  let delta_value = wide_f32(delta);
  var B_bar = delta_value * psi(z, A_bar).xy;
  if (p.has_B != 0u) {
    if (COMPLEX) { B_bar = times(B_bar, vec2f(B[2u * i], B[2u * i + 1u])); }
    else { B_bar *= B[i]; }
  }
  let at = 10u * i;
  modes[at] = angle.x;
  modes[at + 1u] = angle.y;
  modes[at + 2u] = bitcast<u32>(log_size);
  modes[at + 3u] = bitcast<u32>(A_bar.x);
  modes[at + 4u] = bitcast<u32>(A_bar.y);
  modes[at + 5u] = bitcast<u32>(B_bar.x);
  modes[at + 6u] = bitcast<u32>(B_bar.y);
  modes[at + 7u] = bitcast<u32>(-wide_f32(size));
  modes[at + 8u] = bitcast<u32>(turn);
  modes[at + 9u] = bitcast<u32>(delta_value);
}

/// The angle of (1 + z/2)/(1 − z/2), which is that of (1 − |z/2|², Im z), for z = −decay + i · advance.
fn bilinear_angle(decay: Wide, advance: Wide) -> vec2u {
  let a = Wide(decay.fraction, decay.exponent - 1);
  let b = Wide(advance.fraction, advance.exponent - 1);
  let aa = wide_multiply(a, a);
  let bb = wide_multiply(b, b);
  // All terms below 2⁶⁰.
  let scale = -4 - max(max(1, advance.exponent), max(aa.exponent, bb.exponent));
  let one = wide_shift(vec2u(0u, 0x80000000u), scale + 1);
  let square = wide_add(wide_shift(aa.fraction, aa.exponent + scale), wide_shift(bb.fraction, bb.exponent + scale));
  return wide_angle(wide_add(one, wide_negate(square)), wide_shift(advance.fraction, advance.exponent + scale));
}

/// ln of the size of (1 + z/2)/(1 − z/2) from the sizes of the parts of z/2: −artanh(2a / (1 + |z/2|²)).
fn bilinear_log_size(half: vec2f) -> f32 {
  let v = 2.0 * half.x / (1.0 + dot(half, half));
  if (v < 0.3) {
    let q = v * v;
    let tail = q * (1.0 / 7.0 + q * (1.0 / 9.0 + q * (1.0 / 11.0 + q * (1.0 / 13.0))));
    return -v * (1.0 + q * (1.0 / 3.0 + q * (1.0 / 5.0 + tail)));
  }
  let near = vec2f(1.0 - half.x, half.y);
  let far = vec2f(1.0 + half.x, half.y);
  return 0.5 * log(max(dot(near, near) / dot(far, far), 1e-37));
}
