// The nonlinear functions that a product may end with, on four numbers at once. OTHERS is false in the pipelines that end with
// none or with softplus: most of a model does, and what is not there need not be compiled.
#import "../lib/softplus.wgsl"

const NONE = 0u;
const SOFTPLUS = 1u;
const SILU = 2u;
const GELU = 3u;
const RELU2 = 4u;
const SIGMOID = 5u;
const TANH = 6u;

// The exponent is held below 80: no overflow, and a sigmoid of 10⁻³⁵ is as good as zero.
fn sigmoid4(x: vec4f) -> vec4f {
  return 1.0 / (1.0 + exp(min(-x, vec4f(80.0))));
}

// (1 − e) / (1 + e) with e = exp(−2|x|) never overflows; its series where 1 − e would lose digits.
fn tanh4(x: vec4f) -> vec4f {
  let e = exp(-2.0 * abs(x));
  let q = x * x;
  let series = x * (1.0 - q * (1.0 / 3.0 - q * (2.0 / 15.0 - q * (17.0 / 315.0))));
  return select(sign(x) * (1.0 - e) / (1.0 + e), series, abs(x) < vec4f(0.1));
}

// Φ(−|x|), the normal distribution's tail, to about 10⁻⁷ of itself: ½ erfc(|x|/√2) by a Chebyshev fit (Press et al.,
// Numerical Recipes, erfcc).
fn tail4(x: vec4f) -> vec4f {
  let z = abs(x) * 0.70710678;
  let t = 1.0 / (1.0 + 0.5 * z);
  let high = -0.18628806 + t * (0.27886807 + t * (-1.13520398 + t * (1.48851587 + t * (-0.82215223 + t * 0.17087277))));
  let fit = -1.26551223 + t * (1.00002368 + t * (0.37409196 + t * (0.09678418 + t * high)));
  return 0.5 * t * exp(max(fit - z * z, vec4f(-85.0)));
}

// Φ(x), exact GELU's gate.
fn normal4(x: vec4f) -> vec4f {
  let tail = tail4(x);
  return select(tail, 1.0 - tail, x > vec4f());
}

fn activate4(kind: u32, x: vec4f) -> vec4f {
  if (kind == NONE) { return x; }
  if (OTHERS) {
    switch kind {
      case SILU: { return x * sigmoid4(x); }
      case GELU: { return x * normal4(x); }
      case RELU2: { let r = max(x, vec4f()); return r * r; }
      case SIGMOID: { return sigmoid4(x); }
      case TANH: { return tanh4(x); }
      default: {}
    }
  }
  return vec4f(softplus(x.x), softplus(x.y), softplus(x.z), softplus(x.w));
}
