// One step of AdamW on one parameter, in place: m and v follow the gradient and its square, the parameter follows m̂ / (√v̂ + ε) and
// shrinks by lr · decay. parameter, gradient, m, v (length); settings: lr, β₁, β₂, ε, decay, step; norm (1): the gradients' norm.
// Invocations take turns along the numbers, so that each works out the two bias corrections once for many.
struct Params { length: u32, decays: u32, clips: u32, max_norm: f32 }

@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> gradient: array<f32>;
@group(0) @binding(2) var<storage, read> settings: array<f32>;
@group(0) @binding(3) var<storage, read> norm: array<f32>;
@group(0) @binding(4) var<storage, read_write> parameter: array<f32>;
@group(0) @binding(5) var<storage, read_write> m: array<f32>;
@group(0) @binding(6) var<storage, read_write> v: array<f32>;

/// c(n) = 1 − βⁿ without losing digits where β is near 1: with a = 1 − β, c(2n) = c(n) (2 − c(n)) and c(n + 1) = c(n) + a (1 − c(n)).
fn correction(beta: f32, n: u32) -> f32 {
  let a = 1.0 - beta;
  var c = 0.0;
  for (var left = 32u - countLeadingZeros(n); left > 0u; left--) {
    c = c * (2.0 - c);
    if (((n >> (left - 1u)) & 1u) == 1u) { c += a * (1.0 - c); }
  }
  return c;
}

@compute @workgroup_size(256)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let beta1 = settings[1];
  let beta2 = settings[2];
  let n = u32(settings[5]);
  let rate = settings[0] / correction(beta1, n);
  let root = sqrt(correction(beta2, n));
  var keep = 1.0;
  if (p.decays != 0u) { keep = 1.0 - settings[0] * settings[4]; }
  var clip = 1.0;
  if (p.clips != 0u) { clip = min(1.0, p.max_norm / (norm[0] + 1e-6)); }
  for (var i = id.x; i < p.length; i += 256u * groups.x) {
    let g = clip * gradient[i];
    let mean = beta1 * m[i] + (1.0 - beta1) * g;
    let square = beta2 * v[i] + (1.0 - beta2) * g * g;
    m[i] = mean;
    v[i] = square;
    parameter[i] = keep * parameter[i] - rate * mean / (sqrt(square) / root + settings[3]);
  }
}
