// S4D as a recurrence, version 2 (`chunked`), pass 2: the state is carried from chunk to chunk. Over a chunk of Q tokens it is multiplied by
// Ā^Q, one accurate power.
//
// carry (batch, chunks, D, N), complex: each chunk's end state is replaced by the state that comes in before its first token.
// state (batch, D, N, 2), or (batch, D, N) where real: the state to begin with where there is one, replaced by the last.
//
// One thread a mode; it walks over the chunks, of which there are few.
#import "walk.wgsl"

@group(0) @binding(2) var<storage, read_write> carry: array<vec2f>;
@group(0) @binding(3) var<storage, read_write> state: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let i = id.x;
  let cells = p.channels * p.states;
  if (i >= cells) { return; }
  let mode = mode_at(i);
  let over_chunk = power(mode, p.chunk);
  let rest = p.length - (p.chunks - 1u) * p.chunk;
  let at = id.z * cells + i;
  var h = vec2f(0.0);
  if (p.has_state != 0u) {
    if (COMPLEX) { h = vec2f(state[2u * at], state[2u * at + 1u]); }
    else { h.x = state[at]; }
  }
  for (var chunk = 0u; chunk < p.chunks; chunk++) {
    let cell = (id.z * p.chunks + chunk) * cells + i;
    let end = carry[cell];
    carry[cell] = h;
    var over = over_chunk;
    if (chunk + 1u == p.chunks) { over = power(mode, rest); }
    h = times(over, h) + end;
  }
  if (COMPLEX) {
    state[2u * at] = h.x;
    state[2u * at + 1u] = h.y;
  } else { state[at] = h.x; }
}
