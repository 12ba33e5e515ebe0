// What convolve.wgsl works on between other passes: z (batch, n, pairs), complex, in place.
@group(0) @binding(3) var<storage, read_write> z: array<vec2f>;

fn load(task: u32, e: u32) -> vec2f { return z[place(task, e)]; }
fn store(task: u32, e: u32, v: vec2f) { z[place(task, e)] = v; }
