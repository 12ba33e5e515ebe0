// One level up of Blelloch 1990: the end of a node takes in its left half. pairs (batch, length, channels) of (a, b), in place. An
// invocation a node.
#import "./params.wgsl"
#import "./tree.wgsl"
@group(0) @binding(1) var<storage, read_write> pairs: array<vec2f>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let count = nodes();
  for (var i = id.x; i < p.batch * count * p.channels; i += 64u * groups.x) {
    let at = ends(i / p.channels / count, i / p.channels % count, i % p.channels);
    pairs[at.y] = combine(pairs[at.x], pairs[at.y]);
  }
}
