// Back through the gate: out = (y + D_skip x) · silu(z). above, x, y (rows, D); z (rows, z_width), columns from z_from on; made
// (rows, made_width), columns from made_from on, takes dz where SLOPE, else the gradient of what is gated. A thread a number.
#import "../lib/silu.wgsl"
struct Params { count: u32, channels: u32, z_width: u32, z_from: u32, made_width: u32, made_from: u32, has_skip: u32 }

@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> above: array<f32>;
@group(0) @binding(2) var<storage, read> z: array<f32>;
@group(0) @binding(3) var<storage, read> y: array<f32>;
@group(0) @binding(4) var<storage, read> x: array<f32>;
@group(0) @binding(5) var<storage, read> skip: array<f32>;
@group(0) @binding(6) var<storage, read_write> made: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  for (var i = id.x; i < p.count; i += 64u * groups.x) {
    let row = i / p.channels;
    let d = i % p.channels;
    let gate = z[row * p.z_width + p.z_from + d];
    let to = row * p.made_width + p.made_from + d;
    if (SLOPE) {
      var gated = y[i];
      if (p.has_skip == 1u) { gated += skip[d] * x[i]; }
      let s = 1.0 / (1.0 + exp(min(-gate, 80.0)));
      made[to] = above[i] * gated * s * (1.0 + gate * (1.0 - s));
    } else {
      made[to] = above[i] * silu(gate);
    }
  }
}
