// The last pass back to time: from z (batch, n, pairs), complex, to y (batch, L, D), with D_skip · x added.
#import "real_out.wgsl"

@group(0) @binding(2) var<storage, read> z: array<vec2f>;
@group(0) @binding(3) var<storage, read> x: array<f32>;
@group(0) @binding(4) var<storage, read> skip: array<f32>;
@group(0) @binding(5) var<storage, read_write> y: array<f32>;

fn load(task: u32, e: u32) -> vec2f { return z[place(task, e)]; }
fn store(task: u32, e: u32, v: vec2f) { store_real(task, e, v); }
