// For tiles that are made head by head: a slice of both operands, which lie in memory along the inner dimension.
#import "slices.wgsl"

fn add_slice(sum: ptr<function, Tile>, local: u32, slice: u32, which: u32) {
  let quad = local / 4u;
  let inner = 4u * (local % 4u);
  let l = left(slice, inner, 4u * quad);
  let r = right(slice, inner, 4u * quad);
  workgroupBarrier();
  for (var i = 0u; i < 4u; i++) {
    ls[(inner + i) * COLUMN + quad] = l[i];
    rs[(inner + i) * COLUMN + quad] = r[i];
  }
  workgroupBarrier();
  add_products(sum, local % 8u, local / 8u, which);
}

/// The sum of each row of a block.
fn across(m: mat4x4f) -> vec4f {
  return vec4f(dot(m[0], vec4f(1.0)), dot(m[1], vec4f(1.0)), dot(m[2], vec4f(1.0)), dot(m[3], vec4f(1.0)));
}
