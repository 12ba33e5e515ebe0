// How Ā and B̄ are made from Δ and A, four states at a time. RULE: 0 official, 1 zoh, 2 bilinear, 3 euler.
// Everything is a function of Δ·A, with log2 e folded into A where an exponential is taken, so that it is one exp2.

const LOG2E = 1.4426950408889634;
const LN2 = 0.6931471805599453;

/// A = −exp(A_log), times log2 e for the rules that exponentiate.
fn dynamics(A_log: vec4f) -> vec4f {
  if (RULE < 2u) { return -exp(A_log) * LOG2E; }
  return -exp(A_log);
}

/// Ā from Δ · dynamics. The exponent stays in the range of f32: 2^−126 instead of an underflow.
fn decay(dA: vec4f) -> vec4f {
  if (RULE < 2u) { return exp2(max(dA, vec4f(-126.0))); }
  if (RULE == 2u) { return (1.0 + 0.5 * dA) / (1.0 - 0.5 * dA); }
  return 1.0 + dA;
}

/// B̄ / (Δ B) from Δ · dynamics and Ā; zoh takes a series near 0, where e^v − 1 would lose its digits.
fn gain(dA: vec4f, A_bar: vec4f) -> vec4f {
  if (RULE == 1u) {
    let v = dA * LN2;
    let series = 1.0 + v / 2.0 * (1.0 + v / 3.0 * (1.0 + v / 4.0 * (1.0 + v / 5.0 * (1.0 + v / 6.0 * (1.0 + v / 7.0)))));
    let near = abs(v) < vec4f(0.3);
    return select((A_bar - 1.0) / select(v, vec4f(1.0), near), series, near);
  }
  if (RULE == 2u) { return 1.0 / (1.0 - 0.5 * dA); }
  return vec4f(1.0);
}

/// One token for four states of a channel: keep · Ā h + write · B̄ x, with u = write · Δ x.
fn advance(h: vec4f, A: vec4f, step: f32, u: f32, keep: f32, B: vec4f) -> vec4f {
  let dA = step * A;
  let A_bar = decay(dA);
  return keep * A_bar * h + u * gain(dA, A_bar) * B;
}
