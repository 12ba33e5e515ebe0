// The way back in blocks, pass 1: what each chunk does to a state that comes in at its beginning, and to a gradient that comes in at
// its end. Carry, three times four quads: its end state from zeros, ∏ Ā, and Σ_t (∏_{s ≤ t} Ā_s) C_t dy_t, the gradient that it
// hands to the chunk before.
//
// A thread has one channel, chunk and quad; neighbours have the quads of one channel.
#import "blocks.wgsl"

@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read> delta: array<f32>;
@group(0) @binding(3) var<storage, read> A_log: array<f32>;
@group(0) @binding(4) var<storage, read> BC: array<f32>;
@group(0) @binding(5) var<storage, read> dy: array<f32>;
@group(0) @binding(6) var<storage, read_write> work: array<vec4f>;
#import "blocks_inputs.wgsl"

@compute @workgroup_size(256)
fn main(@builtin(local_invocation_index) local: u32, @builtin(workgroup_id) group: vec3u) {
  let d = group.x * 64u + local / 4u;
  let quad = local % 4u;
  if (d >= p.channels) { return; }
  let A = A4(d, 4u * quad);
  var h = vec4f(0.0);
  var product = vec4f(1.0);
  var handed = vec4f(0.0);
  let first = group.y * CHUNK;
  for (var t = first; t < min(first + CHUNK, p.length); t++) {
    let token = at(group.z, t, d, quad);
    let r = rule(token.delta * A);
    h = r.A_bar * h + token.delta * token.x * r.gain * token.B;
    product *= r.A_bar;
    handed += product * token.C * token.dy;
  }
  let row = carry_at(group.z, group.y, d) + quad;
  work[row] = h;
  work[row + 4u] = product;
  work[row + 8u] = handed;
}
