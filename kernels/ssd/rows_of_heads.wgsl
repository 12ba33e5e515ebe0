// For tiles that are made head by head: a slice of both operands, which lie in memory along the inner dimension.
#import "slices.wgsl"

fn add_slice(sum: ptr<function, Tile>, local: u32, slice: u32) {
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
  let tx = local % 8u;
  let ty = local / 8u;
  for (var k = 0u; k < 16u; k++) {
    let a0 = ls[k * COLUMN + ty];
    let a1 = ls[k * COLUMN + 8u + ty];
    let b0 = rs[k * COLUMN + tx];
    let b1 = rs[k * COLUMN + 8u + tx];
    (*sum).s00 += outer(a0, b0); (*sum).s01 += outer(a0, b1);
    (*sum).s10 += outer(a1, b0); (*sum).s11 += outer(a1, b1);
  }
}

/// The sum of each row of a block.
fn across(m: mat4x4f) -> vec4f {
  return vec4f(dot(m[0], vec4f(1.0)), dot(m[1], vec4f(1.0)), dot(m[2], vec4f(1.0)), dot(m[3], vec4f(1.0)));
}
