// Gradients of keys and values in tiles, in two tensors.
#import "./backward_keys_tiled.wgsl"
@group(0) @binding(7) var<storage, read_write> dk_made: array<vec4f>;
@group(0) @binding(8) var<storage, read_write> dv_made: array<vec4f>;

fn put_dk(at: u32, quad: vec4f) { dk_made[at] = quad; }
fn put_dv(at: u32, quad: vec4f) { dv_made[at] = quad; }
