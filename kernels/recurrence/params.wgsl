// The recurrence that the selective scan and Mamba-2's SSD are, channel by channel:
//
//   h_t = Ā_t h_{t−1} + Δ_t g_t B_t x_t,   y_t = C_t · h_t,   Ā = Ā(Δ A) and g = gain(Δ A) by RULE
//
// x (batch, L, x_width), D channels from x_from on; delta (batch, L, D / sharing): `sharing` channels have one Δ; A = −exp(A_log),
// A_log (D, N), or (D / sharing) where ONE_A; BC (batch, L, bc_width): B from b_from and C from c_from on, N for each of `groups`
// groups of channels, or, where CONSTANT_B or CONSTANT_C, the same at every token, (D, N) each behind A_log at b_at and c_at. STATES (N) is a constant: a thread keeps the states of its channel in registers.
struct Params {
  batch: u32, length: u32, channels: u32, sharing: u32, groups: u32,
  x_width: u32, x_from: u32, bc_width: u32, b_from: u32, c_from: u32,
  chunk: u32, chunks: u32, at: u32, b_at: u32, c_at: u32
}

@group(0) @binding(0) var<uniform> p: Params;

/// e^v for v ≤ 0, with the exponent in the range of f32.
fn exp_(v: f32) -> f32 { return exp(max(v, -87.0)); }

/// Ā and gain from v = Δ A, then their slopes. RULE: 0 official, 1 zoh, 2 bilinear, 3 euler.
fn discretised(v: f32) -> vec4f {
  switch RULE {
    case 1u: {
      let e = exp_(v);
      if (abs(v) < 0.3) {
        let gain = 1.0 + v / 2.0 * (1.0 + v / 3.0 * (1.0 + v / 4.0 * (1.0 + v / 5.0 * (1.0 + v / 6.0 * (1.0 + v / 7.0)))));
        let slope = 0.5 + v * (1.0 / 3.0 + v * (0.125 + v * (1.0 / 30.0 + v * (1.0 / 144.0 + v * (1.0 / 840.0 + v / 5760.0)))));
        return vec4f(e, gain, e, slope);
      }
      let gain = (e - 1.0) / v;
      return vec4f(e, gain, e, (e - gain) / v);
    }
    case 2u: {
      let r = 1.0 / (1.0 - 0.5 * v);
      return vec4f((1.0 + 0.5 * v) * r, r, r * r, 0.5 * r * r);
    }
    case 3u: { return vec4f(1.0 + v, 1.0, 1.0, 0.0); }
    default: { let e = exp_(v); return vec4f(e, 1.0, e, 0.0); }
  }
}

fn A_at(d: u32, n: u32) -> u32 {
  if (ONE_A) { return d / p.sharing; }
  return d * STATES + n;
}

/// Column of a channel's first B or C after `start`.
fn group_from(d: u32, start: u32) -> u32 {
  return start + d / (p.channels / p.groups) * STATES;
}
