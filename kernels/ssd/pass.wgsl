// SSD by chunks, step 3: the state before each chunk, from chunk to chunk, in place of what each chunk added by itself.
// sums (batch, H, L) in twos, chunk_states (batch, chunks, H, N, P), state (batch, H, P, N) where it is carried. A thread a number of a
// head's state; it reads some chunks ahead, since it waits for each read.
#import "params.wgsl"
@group(0) @binding(1) var<storage, read> sums: array<vec2f>;
@group(0) @binding(2) var<storage, read_write> chunk_states: array<f32>;

/// Chunks that are read before the first of them is written.
const AHEAD = 8u;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let size = p.states * p.head_dim;
  if (id.x >= size) { return; }
  let head = id.z % p.heads;
  let text = id.z / p.heads;
  let carried_at = id.z * size + id.x % p.head_dim * p.states + id.x / p.head_dim;
  let next = p.heads * size;
  let first = (text * p.chunks * p.heads + head) * size + id.x;
  var h = before(carried_at);
  for (var chunk = 0u; chunk < p.chunks; chunk += AHEAD) {
    var added = array<f32, AHEAD>();
    var decay = array<f32, AHEAD>();
    for (var i = 0u; i < AHEAD; i++) {
      let here = min(chunk + i, p.chunks - 1u);
      let sum = sums[id.z * p.length + min((here + 1u) * p.chunk, p.length) - 1u];
      added[i] = chunk_states[first + here * next];
      decay[i] = decay_of(sum.x + sum.y);
    }
    for (var i = 0u; i < AHEAD; i++) {
      if (chunk + i < p.chunks) {
        chunk_states[first + (chunk + i) * next] = h;
        h = decay[i] * h + added[i];
      }
    }
  }
  after(carried_at, h);
}
