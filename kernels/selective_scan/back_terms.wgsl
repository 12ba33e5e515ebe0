// The way back in lanes, pass 5: gradients of A_log (D, N), then of Δ's bias (D), then of D_skip (D), from what the chunks gathered.
// dA/dA_log = A. A thread a number.
#import "back.wgsl"

@group(0) @binding(1) var<storage, read> work: array<f32>;
@group(0) @binding(2) var<storage, read> terms: array<f32>;
@group(0) @binding(3) var<storage, read_write> d_A_log: array<f32>;
@group(0) @binding(4) var<storage, read_write> d_bias: array<f32>;
@group(0) @binding(5) var<storage, read_write> d_skip: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let i = id.x;
  let As = p.channels * STATES;
  if (i < As) { d_A_log[i] = -exp(terms[i]) * total(i / STATES, 16u + i % STATES); }
  else if (i < As + p.channels) { d_bias[i - As] = total(i - As, 1u); }
  else if (i < As + 2u * p.channels) { d_skip[i - As - p.channels] = total(i - As - p.channels, 0u); }
}

fn total(d: u32, place: u32) -> f32 {
  var sum = 0.0;
  for (var chunk = 0u; chunk < p.batch * p.chunks; chunk++) {
    sum += work[(chunk * p.channels + d) * CARRY + place];
  }
  return sum;
}
