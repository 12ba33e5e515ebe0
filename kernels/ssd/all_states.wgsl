// The states after every token, for those who want to look at them: a thread a number of a head's state, token after token.
// delta (batch, L, H), x, BC, A_log (H), state (batch, H, P, N) before the first token, only read → states (batch, L, H, P, N).
#import "params.wgsl"
@group(0) @binding(1) var<storage, read> delta: array<f32>;
@group(0) @binding(2) var<storage, read> x: array<f32>;
@group(0) @binding(3) var<storage, read> BC: array<f32>;
@group(0) @binding(4) var<storage, read> A_log: array<f32>;
@group(0) @binding(5) var<storage, read> state: array<f32>;
@group(0) @binding(6) var<storage, read_write> states: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let size = p.states * p.head_dim;
  if (id.x >= size) { return; }
  let head = id.z % p.heads;
  let text = id.z / p.heads;
  let channel = head * p.head_dim + id.x / p.states;
  let B = p.b_from + head / (p.heads / p.groups) * p.states + id.x % p.states;
  let A = -exp(A_log[head]);
  var h = 0.0;
  if (p.carried == 1u) { h = state[id.z * size + id.x]; }
  for (var token = text * p.length; token < (text + 1u) * p.length; token++) {
    let step = delta[token * p.heads + head];
    h = decay_of(step * A) * h + step * x[token * p.x_width + p.x_from + channel] * BC[token * p.bc_width + B];
    states[(token * p.heads + head) * size + id.x] = h;
  }
}
