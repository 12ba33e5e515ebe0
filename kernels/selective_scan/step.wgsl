// One token of the selective scan, with Δ's projection inside: what a decoded token runs, one dispatch.
//
//   Δ = softplus(dt_weight · ssm[0…R) + dt_bias),  h = exp(ΔA) h + Δ x B,  out = (C · h + D_skip · x) · silu(z)
//
// x (batch, D), overwritten with the output; ssm (batch, R + 2N): the low-rank Δ, B and C side by side; dt_weight (D, R);
// dt_bias, D_skip (D); A_log (D, N); z (batch, z_width) from column z_from on; state (batch, D, N), updated in place.
//
// One thread a channel; nothing is shared and nothing waits. Each state is read once and written once.
#import "../lib/silu.wgsl"
#import "../lib/softplus.wgsl"

const LOG2E = 1.4426950408889634;

struct Params {
  channels: u32,
  states: u32,
  rank: u32,
  z_width: u32,
  z_from: u32,
  has_bias: u32,
  has_skip: u32,
}

@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read_write> x: array<f32>;
@group(0) @binding(2) var<storage, read> ssm: array<f32>;
@group(0) @binding(3) var<storage, read> dt_weight: array<f32>;
@group(0) @binding(4) var<storage, read> dt_bias: array<f32>;
@group(0) @binding(5) var<storage, read> A_log: array<f32>;
@group(0) @binding(6) var<storage, read> D_skip: array<f32>;
@group(0) @binding(7) var<storage, read> z: array<f32>;
@group(0) @binding(8) var<storage, read_write> state: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let d = id.x;
  let b = id.z;
  if (d >= p.channels) { return; }
  let row = b * (p.rank + 2u * p.states);
  let at = b * p.channels + d;

  var low = 0.0;
  if (p.has_bias != 0u) { low = dt_bias[d]; }
  for (var r = 0u; r < p.rank; r++) { low = fma(dt_weight[d * p.rank + r], ssm[row + r], low); }
  let delta = softplus(low);

  let x_t = x[at];
  var y = 0.0;
  if (p.has_skip != 0u) { y = D_skip[d] * x_t; }
  for (var n = 0u; n < p.states; n++) {
    let A = -exp(A_log[d * p.states + n]) * LOG2E;
    let i = at * p.states + n;
    let h = exp2(max(delta * A, -126.0)) * state[i] + delta * x_t * ssm[row + p.rank + n];
    state[i] = h;
    y = fma(ssm[row + p.rank + p.states + n], h, y);
  }
  if (p.z_width > 0u) { y *= silu(z[b * p.z_width + p.z_from + d]); }
  x[at] = y;
}
