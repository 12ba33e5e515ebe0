// Gradients of keys and values in tiles, in one tensor, which may be bound but once.
#import "./backward_keys_tiled.wgsl"
@group(0) @binding(7) var<storage, read_write> made: array<vec4f>;

fn put_dk(at: u32, quad: vec4f) { made[at] = quad; }
fn put_dv(at: u32, quad: vec4f) { made[at] = quad; }
