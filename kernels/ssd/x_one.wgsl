// Four neighbours of x from `at` on, of which the first `valid` count; zeros for the others.
@group(0) @binding(2) var<storage, read> x: array<f32>;
fn four_of_x(at: u32, valid: u32) -> vec4f {
  var four = vec4f();
  if (valid > 0u) { four.x = x[at]; }
  if (valid > 1u) { four.y = x[at + 1u]; }
  if (valid > 2u) { four.z = x[at + 2u]; }
  if (valid > 3u) { four.w = x[at + 3u]; }
  return four;
}
