// Four neighbours of h from `at` on, of which the first `valid` count; zeros for the others.
@group(0) @binding(7) var<storage, read> h: array<f32>;
fn four_of_h(at: u32, valid: u32) -> vec4f {
  var four = vec4f();
  if (valid > 0u) { four.x = h[at]; }
  if (valid > 1u) { four.y = h[at + 1u]; }
  if (valid > 2u) { four.z = h[at + 2u]; }
  if (valid > 3u) { four.w = h[at + 3u]; }
  return four;
}
