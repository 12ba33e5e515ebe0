// Four neighbours of h from `at` on, of which `valid` count: all or none.
@group(0) @binding(7) var<storage, read> h: array<vec4f>;
fn four_of_h(at: u32, valid: u32) -> vec4f {
  if (valid == 0u) { return vec4f(); }
  return h[at / 4u];
}
