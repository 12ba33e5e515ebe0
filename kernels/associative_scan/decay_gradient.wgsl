// The gradient of the decays: da_t = back_t h_{t−1}, where back (batch, length, channels) is the reversed scan. An invocation a token and
// channel.
#import "./params.wgsl"
@group(0) @binding(1) var<storage, read> back: array<f32>;
@group(0) @binding(2) var<storage, read> h: array<f32>;
@group(0) @binding(3) var<storage, read_write> da: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  for (var i = id.x; i < p.batch * p.length * p.channels; i += 64u * groups.x) {
    var before = 0.0;
    if (i / p.channels % p.length > 0u) { before = h[i - p.channels]; }
    da[i] = back[i] * before;
  }
}
