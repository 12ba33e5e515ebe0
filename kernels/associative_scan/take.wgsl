// h (batch, length, channels): the b of pairs (the same) in the order of the scan, since h is 0 before the first token. An invocation a
// token and channel.
#import "./params.wgsl"
@group(0) @binding(1) var<storage, read> pairs: array<vec2f>;
@group(0) @binding(2) var<storage, read_write> h: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  for (var i = id.x; i < p.batch * p.length * p.channels; i += 64u * groups.x) {
    let row = i / p.channels;
    h[place(row / p.length, row % p.length, i % p.channels)] = pairs[i].y;
  }
}
