// The selective scan, version 5 (`lanes`), pass 1: each chunk from a state of zeros to its end state, with the same carry as
// chunk_state.wgsl.
#import "lanes.wgsl"

@group(0) @binding(6) var<storage, read_write> carry: array<f32>;

@compute @workgroup_size(THREADS)
fn main(@builtin(local_invocation_index) local: u32, @builtin(workgroup_id) group: vec3u) {
  let c = local / 4u;
  let n = local % 4u * 4u;
  let d = group.x * CHANNELS + c;
  let own = group.x * CHANNELS + local % CHANNELS;
  let first = group.z * p.length + group.y * p.chunk;
  let last = group.z * p.length + min((group.y + 1u) * p.chunk, p.length);
  let A = A4(min(d, p.channels - 1u), n);
  let bias = bias_of(own);

  var h = vec4f(0.0);
  var product = vec4f(1.0);
  var total = 0.0;
  var coming = fetch(local, own, first, last);
  for (var t = first; t < last; t += TOKENS) {
    put(local, coming, bias);
    workgroupBarrier();
    coming = fetch(local, own, t + TOKENS, last);
    for (var i = 0u; i < TOKENS; i++) {
      let at = i * CHANNELS + c;
      h = advance(h, A, step_of[at], u_of[at], 1.0, BC_of[8u * i + n / 4u]);
      if (RULE < 2u) { total += step_of[at]; } else { product *= decay(step_of[at] * A); }
    }
    workgroupBarrier();
  }
  if (d >= p.channels) { return; }

  let row = ((group.z * p.chunks + group.y) * p.channels + d) * carry_width();
  for (var i = 0u; i < 4u && n + i < p.states; i++) {
    carry[row + n + i] = h[i];
    if (RULE >= 2u) { carry[row + p.states + n + i] = product[i]; }
  }
  if (RULE < 2u && n == 0u) {
    carry[row + p.states] = total;
    carry[row + p.states + 1u] = 1.0;
  }
}

/// The gate is the last pass's.
fn gate_of(t: u32, d: u32) -> f32 { return 0.0; }
