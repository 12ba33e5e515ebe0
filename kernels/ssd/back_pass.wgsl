// SSD's way back: the gradient of the state after each chunk, from the last chunk to the first, in place of what each chunk by itself
// gives to the state before it. sums (batch, H, L) in twos, gradients (batch, chunks, H, N, P). A thread a number of a head's state;
// it reads some chunks ahead, since it waits for each read.
#import "params.wgsl"
@group(0) @binding(1) var<storage, read> sums: array<vec2f>;
@group(0) @binding(2) var<storage, read_write> gradients: array<f32>;

/// Chunks that are read before the first of them is written.
const AHEAD = 8u;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let size = p.states * p.head_dim;
  if (id.x >= size) { return; }
  let head = id.z % p.heads;
  let text = id.z / p.heads;
  let next = p.heads * size;
  let first = (text * p.chunks * p.heads + head) * size + id.x;
  var g = 0.0;
  for (var left = p.chunks; left > 0u; left -= min(left, AHEAD)) {
    var given = array<f32, AHEAD>();
    var decay = array<f32, AHEAD>();
    for (var i = 0u; i < AHEAD; i++) {
      let here = max(left, i + 1u) - i - 1u;
      let sum = sums[id.z * p.length + min((here + 1u) * p.chunk, p.length) - 1u];
      given[i] = gradients[first + here * next];
      decay[i] = decay_of(sum.x + sum.y);
    }
    for (var i = 0u; i < AHEAD; i++) {
      if (i < left) {
        gradients[first + (left - i - 1u) * next] = g;
        g = decay[i] * g + given[i];
      }
    }
  }
}
