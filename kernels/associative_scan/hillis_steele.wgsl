// One level of Hillis and Steele 1986: every token takes in the one that stands p.size before it. pairs and next (batch, length,
// channels) of (a, b); two tensors, since all read what others write. An invocation a pair.
#import "./params.wgsl"
@group(0) @binding(1) var<storage, read> pairs: array<vec2f>;
@group(0) @binding(2) var<storage, read_write> next: array<vec2f>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  for (var i = id.x; i < p.batch * p.length * p.channels; i += 64u * groups.x) {
    var own = pairs[i];
    if (i / p.channels % p.length >= p.size) { own = combine(pairs[i - p.size * p.channels], own); }
    next[i] = own;
  }
}
