// out = y · silu(z): the gate on its own, for a trace that keeps y as well. One thread a channel and every so many-th token.
//
// y is the first D columns of rows (batch, L, y_width); z (batch, L, z_width) from column z_from on; out (batch, L, D).
#import "../lib/silu.wgsl"

struct Params { tokens: u32, channels: u32, y_width: u32, z_width: u32, z_from: u32 }

@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> y: array<f32>;
@group(0) @binding(2) var<storage, read> z: array<f32>;
@group(0) @binding(3) var<storage, read_write> out: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let d = id.x;
  if (d >= p.channels) { return; }
  for (var token = id.y; token < p.tokens; token += groups.y) {
    var value = y[token * p.y_width + d];
    if (p.z_width > 0u) { value *= silu(z[token * p.z_width + p.z_from + d]); }
    out[token * p.channels + d] = value;
  }
}
