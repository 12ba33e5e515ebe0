// SSD by chunks, step 3: the state before each chunk, from chunk to chunk, in place of what each chunk added by itself.
// sums (batch, H, L) in twos, chunk_states (batch, chunks, H, N, P), state (batch, H, P, N) where it is carried. A thread a number of a
// head's state.
#import "params.wgsl"
@group(0) @binding(1) var<storage, read> sums: array<vec2f>;
@group(0) @binding(2) var<storage, read_write> chunk_states: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let size = p.states * p.head_dim;
  if (id.x >= size) { return; }
  let head = id.z % p.heads;
  let text = id.z / p.heads;
  let carried_at = id.z * size + id.x % p.head_dim * p.states + id.x / p.head_dim;
  var h = before(carried_at);
  for (var chunk = 0u; chunk < p.chunks; chunk++) {
    let at = ((text * p.chunks + chunk) * p.heads + head) * size + id.x;
    let sum = sums[id.z * p.length + min((chunk + 1u) * p.chunk, p.length) - 1u];
    let added = chunk_states[at];
    chunk_states[at] = h;
    h = decay_of(sum.x + sum.y) * h + added;
  }
  after(carried_at, h);
}
