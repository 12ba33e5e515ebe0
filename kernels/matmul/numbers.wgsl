// The operands as numbers, for sizes that are no multiples of four.
#import "epilogue.wgsl"

@group(0) @binding(1) var<storage, read> a: array<f32>;
@group(0) @binding(2) var<storage, read> b: array<f32>;

// Four neighbours in memory from `at` on. Only the first `valid` of them belong to the operand, the others are zero.
fn four_of_a(at: u32, valid: u32) -> vec4f {
  let all = vec4f(a[at], a[at + 1u], a[at + 2u], a[at + 3u]);
  return select(vec4f(), all, vec4u(0u, 1u, 2u, 3u) < vec4u(valid));
}

fn four_of_b(at: u32, valid: u32) -> vec4f {
  let all = vec4f(b[at], b[at + 1u], b[at + 2u], b[at + 3u]);
  return select(vec4f(), all, vec4u(0u, 1u, 2u, 3u) < vec4u(valid));
}
