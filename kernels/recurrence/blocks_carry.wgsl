// The way back in blocks, pass 2: states go from chunk to chunk forwards, gradients backwards. Each chunk's end state is replaced by
// the state that comes in, and what it hands on by the gradient that comes in.
//
// A thread has one channel and quad of the states.
#import "blocks.wgsl"

@group(0) @binding(1) var<storage, read_write> work: array<vec4f>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let d = id.x / 4u;
  let quad = id.x % 4u;
  if (d >= p.channels) { return; }
  var h = vec4f(0.0);
  for (var chunk = 0u; chunk < p.chunks; chunk++) {
    let row = carry_at(id.z, chunk, d) + quad;
    let end = work[row];
    work[row] = h;
    h = work[row + 4u] * h + end;
  }
  var g = vec4f(0.0);
  for (var left = p.chunks; left > 0u; left--) {
    let row = carry_at(id.z, left - 1u, d) + quad;
    let handed = work[row + 8u];
    work[row + 8u] = g;
    g = handed + work[row + 4u] * g;
  }
}
