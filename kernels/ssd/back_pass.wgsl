// SSD's way back: the gradient of the state after each chunk, from the last chunk to the first, in place of what each chunk by itself
// gives to the state before it. sums (batch, H, L) in twos, gradients (batch, chunks, H, N, P). A thread a number of a head's state.
#import "params.wgsl"
@group(0) @binding(1) var<storage, read> sums: array<vec2f>;
@group(0) @binding(2) var<storage, read_write> gradients: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let size = p.states * p.head_dim;
  if (id.x >= size) { return; }
  let head = id.z % p.heads;
  let text = id.z / p.heads;
  var g = 0.0;
  for (var left = p.chunks; left > 0u; left--) {
    let at = ((text * p.chunks + left - 1u) * p.heads + head) * size + id.x;
    let sum = sums[id.z * p.length + min(left * p.chunk, p.length) - 1u];
    let given = gradients[at];
    gradients[at] = g;
    g = decay_of(sum.x + sum.y) * g + given;
  }
}
