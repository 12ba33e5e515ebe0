// Four neighbours of what binding 5 holds.
@group(0) @binding(5) var<storage, read_write> made: array<vec4f>;
fn put(at: u32, valid: u32, four: vec4f) { made[at / 4u] = four; }
