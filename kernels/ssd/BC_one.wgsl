// Four neighbours of BC from `at` on, of which the first `valid` count; zeros for the others.
@group(0) @binding(1) var<storage, read> BC: array<f32>;
fn four_of_BC(at: u32, valid: u32) -> vec4f {
  var four = vec4f();
  if (valid > 0u) { four.x = BC[at]; }
  if (valid > 1u) { four.y = BC[at + 1u]; }
  if (valid > 2u) { four.z = BC[at + 2u]; }
  if (valid > 3u) { four.w = BC[at + 3u]; }
  return four;
}
