// How Ā and gain change with v = Δ A, as the way back needs them. RULE as in discretise.wgsl.
const NATURAL = select(1.0, LN2, RULE < 2u);

/// Ā′ and gain′ by v; step_gain is gain + v gain′.
struct Slopes { A_bar: vec4f, gain: vec4f, step_gain: vec4f, gain_slope: vec4f }

/// @param dA Δ · dynamics
fn slopes(dA: vec4f, A_bar: vec4f) -> Slopes {
  if (RULE == 1u) {
    let v = dA * LN2;
    let near = abs(v) < vec4f(0.3);
    let g = gain(dA, A_bar);
    let series = 0.5 + v * (1.0 / 3.0 + v * (0.125 + v * (1.0 / 30.0 + v * (1.0 / 144.0 + v * (1.0 / 840.0 + v / 5760.0)))));
    let slope = select((A_bar - g) / select(v, vec4f(1.0), near), series, near);
    return Slopes(A_bar, g, g + v * slope, slope);
  }
  if (RULE == 2u) {
    let r = 1.0 / (1.0 - 0.5 * dA);
    return Slopes(r * r, r, r * r, 0.5 * r * r);
  }
  if (RULE == 3u) { return Slopes(vec4f(1.0), vec4f(1.0), vec4f(1.0), vec4f(0.0)); }
  return Slopes(A_bar, vec4f(1.0), vec4f(1.0), vec4f(0.0));
}
