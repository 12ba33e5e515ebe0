// The first `valid` of four neighbours of what binding 5 holds.
@group(0) @binding(5) var<storage, read_write> made: array<f32>;
fn put(at: u32, valid: u32, four: vec4f) {
  for (var i = 0u; i < min(valid, 4u); i++) { made[at + i] = four[i]; }
}
