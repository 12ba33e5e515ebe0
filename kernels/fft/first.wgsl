// The first of several passes of `fft`: from x (rows, n) to z, both complex.
@group(0) @binding(2) var<storage, read> x: array<vec2f>;
@group(0) @binding(3) var<storage, read_write> z: array<vec2f>;

fn load(task: u32, e: u32) -> vec2f { return x[place(task, e)]; }
fn store(task: u32, e: u32, v: vec2f) { z[place(task, e)] = v; }
