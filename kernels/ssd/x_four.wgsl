// Four neighbours of x from `at` on, of which `valid` count: all or none.
@group(0) @binding(2) var<storage, read> x: array<vec4f>;
fn four_of_x(at: u32, valid: u32) -> vec4f {
  if (valid == 0u) { return vec4f(); }
  return x[at / 4u];
}
