// The selective scan, version 1 (`materialised`), pass 3: y = C · h + D_skip · x and the gate, from the states in memory.
//
// states (batch, L, D, N) from pass 2; the rest as in token.wgsl and walk.wgsl. One thread a channel, every so many-th token.
#import "token.wgsl"
#import "../lib/silu.wgsl"

@group(0) @binding(6) var<storage, read> z: array<f32>;
@group(0) @binding(7) var<storage, read_write> out: array<f32>;
@group(0) @binding(8) var<storage, read> states: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let d = id.x;
  let b = id.z;
  if (d >= p.channels) { return; }
  for (var t = id.y; t < p.length; t += groups.y) {
    let token = b * p.length + t;
    let cell = token * p.channels + d;
    var y = skip(d) * x[cell];
    for (var n = 0u; n < p.states; n++) {
      y = fma(C_of(token, d, n), states[cell * p.states + n], y);
    }
    if (p.z_width > 0u) { y *= silu(z[token * p.z_width + p.z_from + d]); }
    let at = token * p.out_width + d;
    out[at] = y;
    if (p.delta_at != NONE) { out[at + p.delta_at] = step_size(token, d); }
  }
}

fn C_of(token: u32, d: u32, n: u32) -> f32 {
  if (CONSTANT_C) { return terms[p.constant_c_at + d * p.states + n]; }
  return BC[token * p.bc_width + p.c_from + n];
}
