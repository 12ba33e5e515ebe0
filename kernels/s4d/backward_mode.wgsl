// One mode in S4D's backward pass. K_l = Re(W Āˡ) with W = f C B Δ ψ(z), z = ΔA (f = 2 where A stands for its conjugate too).
//
// A gradient by a complex number is held as (by its real part, by its imaginary part), which passes through a product by the conjugate of
// the other factor. sums (D, N, 4) as backward_sums.wgsl leaves them.
#import "powers.wgsl"
#import "rule.wgsl"

struct Back {
  A: vec2f,
  A_bar: vec2f,
  delta: f32,
  b: vec2f,
  /// f C
  c: vec2f,
  psi: vec4f,
  by_W: vec2f,
  by_A_bar: vec2f,
}

fn back_at(i: u32) -> Back {
  let mode = mode_at(i);
  var b = ONE;
  var c = vec2f(C[i * select(1u, 2u, COMPLEX)], 0.0);
  if (COMPLEX) {
    c = 2.0 * vec2f(c.x, C[2u * i + 1u]);
    if (p.has_B != 0u) { b = vec2f(B[2u * i], B[2u * i + 1u]); }
  } else if (p.has_B != 0u) { b.x = B[i]; }
  let rule = psi(mode.delta * mode.A, mode.A_bar);
  let W = mode.delta * times(times(c, b), rule.xy);
  let at = 4u * i;
  return Back(
    mode.A, mode.A_bar, mode.delta, b, c, rule,
    vec2f(sums[at], -sums[at + 1u]),
    times(conjugate(W), vec2f(sums[at + 2u], -sums[at + 3u]))
  );
}
