// The last combine of Blelloch's scan: all before a token, then the token itself. a, b, h (batch, length, channels), before (the same)
// of (a, b) in the order of the scan. An invocation a token and channel.
#import "./inputs.wgsl"
@group(0) @binding(3) var<storage, read> before: array<vec2f>;
@group(0) @binding(4) var<storage, read_write> h: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  for (var i = id.x; i < p.batch * p.length * p.channels; i += 64u * groups.x) {
    let row = i / p.channels;
    let t = row % p.length;
    h[place(row / p.length, t, i % p.channels)] =
      combine(before[i], pair(row / p.length, t, i % p.channels)).y;
  }
}
