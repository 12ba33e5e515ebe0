// The selective scan, version 1 (`materialised`), pass 1: Ā and B̄x of every token, channel and state, written to memory.
//
// pairs (batch, L, D, N, 2): keep · Ā, then write · B̄ x. One thread a channel and tile of states, every so many-th token.
#import "token.wgsl"

@group(0) @binding(6) var<storage, read_write> pairs: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let d = id.x;
  let b = id.z;
  if (d >= p.channels) { return; }
  for (var t = id.y; t < p.length; t += groups.y) {
    let token = b * p.length + t;
    let step = step_size(token, d);
    let edited = edit(token);
    let u = step * x[token * p.channels + d] * edited.x;
    for (var n = 0u; n < p.states; n += 4u) {
      let dA = step * A4(d, n);
      let A_bar = decay(dA);
      var B = vec4f();
      if (CONSTANT_B) { B = term4(p.constant_b_at + d * p.states, n); }
      let written = u * gain(dA, A_bar) * B4(token, n, B);
      for (var i = 0u; i < 4u && n + i < p.states; i++) {
        let at = 2u * ((token * p.channels + d) * p.states + n + i);
        pairs[at] = edited.y * A_bar[i];
        pairs[at + 1u] = written[i];
      }
    }
  }
}
