// A pass on z in place.
@group(0) @binding(2) var<storage, read_write> z: array<vec2f>;

fn load(task: u32, e: u32) -> vec2f { return z[place(task, e)]; }
fn store(task: u32, e: u32, v: vec2f) { z[place(task, e)] = v; }
