// The nonlinear functions and their slopes. KIND is a constant of the pipeline.
#import "../lib/softplus.wgsl"

const SOFTPLUS = 1u;
const SILU = 2u;
const GELU = 3u;
const RELU2 = 4u;
const SIGMOID = 5u;
const TANH = 6u;
const GELU_TANH = 7u;

// √(2/π) and the cubic's factor in GELU's approximation.
const ROOT = 0.7978845608;
const CUBIC = 0.044715;

// The exponent is held below 80: no overflow, and a sigmoid of 10⁻³⁵ is as good as zero.
fn sigmoid(x: f32) -> f32 {
  return 1.0 / (1.0 + exp(min(-x, 80.0)));
}

// (1 − e) / (1 + e) with e = exp(−2|x|) never overflows; its series where 1 − e would lose digits.
fn tanh_(x: f32) -> f32 {
  let e = exp(-2.0 * abs(x));
  let q = x * x;
  let series = x * (1.0 - q * (1.0 / 3.0 - q * (2.0 / 15.0 - q * (17.0 / 315.0))));
  return select(sign(x) * (1.0 - e) / (1.0 + e), series, abs(x) < 0.1);
}

// Φ(x) of the normal distribution: ½ erfc by a Chebyshev fit (Press et al., Numerical Recipes, erfcc).
fn normal(x: f32) -> f32 {
  let z = abs(near(x)) * 0.70710678;
  let t = 1.0 / (1.0 + 0.5 * z);
  let high = -0.18628806 + t * (0.27886807 + t * (-1.13520398 + t * (1.48851587 + t * (-0.82215223 + t * 0.17087277))));
  let fit = -1.26551223 + t * (1.00002368 + t * (0.37409196 + t * (0.09678418 + t * high)));
  let tail = 0.5 * t * exp(max(fit - z * z, -85.0));
  return select(tail, 1.0 - tail, x > 0.0);
}

// σ(x) (1 − σ(x)) as e / (1 + e)² with e = exp(−|x|): 1 − σ would lose its digits where σ is near 1.
fn bell(x: f32) -> f32 {
  let e = exp(-min(abs(x), 80.0));
  return e / ((1.0 + e) * (1.0 + e));
}

// Beyond ±100 a gate is shut or open: a larger factor would only bring back what the bounded exponent left.
fn near(x: f32) -> f32 { return clamp(x, -100.0, 100.0); }

// What the approximate GELU takes the sigmoid of: ½ (1 + tanh u) = σ(2u).
fn cubic(x: f32) -> f32 {
  let c = near(x);
  return 2.0 * ROOT * (c + CUBIC * c * c * c);
}

fn act(x: f32) -> f32 {
  switch KIND {
    case SOFTPLUS: { return softplus(x); }
    case SILU: { return max(x, -100.0) * sigmoid(x); }
    case GELU: { return max(x, -100.0) * normal(x); }
    case RELU2: { let r = max(x, 0.0); return r * r; }
    case SIGMOID: { return sigmoid(x); }
    case TANH: { return tanh_(x); }
    case GELU_TANH: { return max(x, -100.0) * sigmoid(cubic(x)); }
    default: { return x; }
  }
}

fn slope(x: f32) -> f32 {
  switch KIND {
    case SOFTPLUS: { return sigmoid(x); }
    case SILU: { return sigmoid(x) + near(x) * bell(x); }
    case GELU: { let c = near(x); return normal(c) + c * 0.3989422804 * exp(max(-0.5 * c * c, -85.0)); }
    case RELU2: { return 2.0 * max(x, 0.0); }
    case SIGMOID: { return bell(x); }
    case TANH: { return 4.0 * bell(2.0 * x); }
    case GELU_TANH: {
      let u = cubic(x);
      let c = near(x);
      return sigmoid(u) + c * bell(u) * 2.0 * ROOT * (1.0 + 3.0 * CUBIC * c * c);
    }
    default: { return 1.0; }
  }
}
