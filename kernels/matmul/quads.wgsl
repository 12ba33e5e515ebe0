// The operands as quads of four numbers: all widths, strides and offsets are multiples of four, so that a quad belongs to its
// operand as a whole or not at all.
#import "epilogue4.wgsl"

@group(0) @binding(1) var<storage, read> a: array<vec4f>;
@group(0) @binding(2) var<storage, read> b: array<vec4f>;

// Four neighbours in memory from `at` on; zeros where none of them belongs to the operand. WITHIN says that all do, always.
fn four_of_a(at: u32, valid: u32) -> vec4f {
  let all = a[at / 4u];
  return select(vec4f(), all, vec4<bool>(WITHIN || valid > 0u));
}

fn four_of_b(at: u32, valid: u32) -> vec4f {
  let all = b[at / 4u];
  return select(vec4f(), all, vec4<bool>(WITHIN || valid > 0u));
}
