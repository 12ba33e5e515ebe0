// Four neighbours of dy from `at` on, of which the first `valid` count; zeros for the others.
@group(0) @binding(1) var<storage, read> dy: array<f32>;
fn four_of_dy(at: u32, valid: u32) -> vec4f {
  var four = vec4f();
  if (valid > 0u) { four.x = dy[at]; }
  if (valid > 1u) { four.y = dy[at + 1u]; }
  if (valid > 2u) { four.z = dy[at + 2u]; }
  if (valid > 3u) { four.w = dy[at + 3u]; }
  return four;
}
