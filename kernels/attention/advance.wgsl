// position (1) += by
struct Params { by: u32 }

@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read_write> position: array<u32>;

@compute @workgroup_size(1)
fn main() { position[0] += p.by; }
