// The first pass of the long convolution's transforms: from x (batch, L, D) to z (batch, n, pairs), complex.
#import "real_in.wgsl"

@group(0) @binding(2) var<storage, read> x: array<f32>;
@group(0) @binding(3) var<storage, read_write> z: array<vec2f>;

fn load(task: u32, e: u32) -> vec2f { return load_real(task, e); }
fn store(task: u32, e: u32, v: vec2f) { z[place(task, e)] = v; }
