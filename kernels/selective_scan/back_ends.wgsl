// The way back in lanes, pass 1: what each chunk does to a state that comes in at its beginning, and to a gradient that comes in at
// its end. Carry, three times 16 numbers: its end state from zeros, ∏ Ā, and Σ_t (∏_{s ≤ t} Ā_s) C_t dy_t, the gradient that it
// hands to the chunk before.
#import "back.wgsl"
#import "back_inputs.wgsl"

@group(0) @binding(7) var<storage, read_write> work: array<vec4f>;

@compute @workgroup_size(THREADS)
fn main(@builtin(local_invocation_index) local: u32, @builtin(workgroup_id) group: vec3u) {
  let c = local / 4u;
  let quad = local % 4u;
  let d = group.x * CHANNELS + c;
  let own = group.x * CHANNELS + local % CHANNELS;
  let A = A4(min(d, p.channels - 1u), 4u * quad);
  let bias = bias_of(own);
  let first = group.y * CHUNK;
  let end = min(first + CHUNK, p.length);

  var h = vec4f(0.0);
  var product = vec4f(1.0);
  var handed = vec4f(0.0);
  var coming = fetch(local, own, group.z, first, true);
  for (var t = first; t < end; t += TOKENS) {
    put(local, coming, bias);
    workgroupBarrier();
    coming = fetch(local, own, group.z, t + TOKENS, true);
    for (var i = 0u; i < TOKENS; i++) {
      let at = i * CHANNELS + c;
      let A_bar = decay(step_of[at] * A);
      h = advance(h, A, step_of[at], step_of[at] * x_of[at], 1.0, BC_of[8u * i + quad]);
      product *= A_bar;
      handed += product * BC_of[8u * i + 4u + quad] * dy_of[at];
    }
    workgroupBarrier();
  }
  if (d >= p.channels) { return; }
  let row = carry_at(group.z, group.y, d) / 4u + quad;
  work[row] = h;
  work[row + 4u] = product;
  work[row + 8u] = handed;
}
