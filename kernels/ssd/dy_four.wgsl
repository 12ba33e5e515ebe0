// Four neighbours of dy from `at` on, of which `valid` count: all or none.
@group(0) @binding(1) var<storage, read> dy: array<vec4f>;
fn four_of_dy(at: u32, valid: u32) -> vec4f {
  if (valid == 0u) { return vec4f(); }
  return dy[at / 4u];
}
