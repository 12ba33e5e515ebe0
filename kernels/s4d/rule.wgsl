// What a discretisation makes of B, as functions of z = ΔA: B̄ = Δ ψ(z) B, and the derivatives of ψ and of Ā.
//
//   ZOH       Ā = e^z                     ψ = φ(z) = (e^z − 1)/z      ψ' = φ − (φ − 1)/z     dĀ/dz = Ā
//   bilinear  Ā = (1 + z/2)/(1 − z/2)     ψ = 1/(1 − z/2)             ψ' = ψ²/2              dĀ/dz = ψ²

#import "../lib/complex.wgsl"

const ONE = vec2f(1.0, 0.0);

/// (ψ, ψ') at z, given Ā.
fn psi(z: vec2f, A_bar: vec2f) -> vec4f {
  if (!ZOH) {
    let value = divide(ONE, ONE - 0.5 * z);
    return vec4f(value, 0.5 * times(value, value));
  }
  // φ and (φ − 1)/z; where z is small, φ − 1 would keep no digit of it, and the series has them all.
  if (dot(z, z) < 1.0) {
    var series = ONE;
    for (var k = 13.0; k > 2.0; k -= 1.0) { series = ONE + times(z, series) / k; }
    let second = 0.5 * series;
    let first = ONE + times(z, second);
    return vec4f(first, first - second);
  }
  let first = divide(A_bar - ONE, z);
  return vec4f(first, first - divide(first - ONE, z));
}

/// dĀ/dz
fn step_slope(A_bar: vec2f, psi_value: vec2f) -> vec2f {
  if (ZOH) { return A_bar; }
  return times(psi_value, psi_value);
}
