// The selective scan, version 3 (`chunked`), pass 2: the state is carried from chunk to chunk.
//
// carry as chunk_state.wgsl leaves it; each chunk's end state is replaced by the state that comes in before its first token.
// state (batch, D, N): read as the first, rewritten with the last.
//
// One thread a channel and state; it walks over the chunks, of which there are few.
#import "discretise.wgsl"

struct Params { channels: u32, states: u32, chunks: u32 }

@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> A_log: array<f32>;
@group(0) @binding(2) var<storage, read_write> carry: array<f32>;
@group(0) @binding(3) var<storage, read_write> state: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let cell = id.x;
  if (cell >= p.channels * p.states) { return; }
  let n = cell % p.states;
  let A = dynamics(vec4f(A_log[cell])).x;
  var width = 2u * p.states;
  if (RULE < 2u) { width = p.states + 2u; }

  let at = id.z * p.channels * p.states + cell;
  var h = state[at];
  for (var chunk = 0u; chunk < p.chunks; chunk++) {
    let row = ((id.z * p.chunks + chunk) * p.channels + cell / p.states) * width;
    var through: f32;
    if (RULE < 2u) { through = carry[row + p.states + 1u] * decay(vec4f(carry[row + p.states] * A)).x; }
    else { through = carry[row + p.states + n]; }
    let end = carry[row + n];
    carry[row + n] = h;
    h = through * h + end;
  }
  state[at] = h;
}
