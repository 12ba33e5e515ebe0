// a and b side by side, in the order of the scan: pairs (batch, length, channels) of (a, b). An invocation a pair.
#import "./inputs.wgsl"
@group(0) @binding(3) var<storage, read_write> pairs: array<vec2f>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  for (var i = id.x; i < p.batch * p.length * p.channels; i += 64u * groups.x) {
    let row = i / p.channels;
    pairs[i] = pair(row / p.length, row % p.length, i % p.channels);
  }
}
