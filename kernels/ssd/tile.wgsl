// 64 × 64 of a product to a workgroup of 64, 8 × 8 of it in each invocation's registers; 16 of the inner dimension at a time
// pass through workgroup memory. The importer says what the operands are: `begin`, `inner` (how many slices, from the workgroup alone), `left` and `right`
// (4 of the inner dimension by 4 rows or columns, a column of the matrix for each of the inner dimension), whether they lie in
// memory along rows (`left_across`) or along the inner dimension, `scale` (before which slice the rows are multiplied by
// what), `part` (which quarters of the tile a slice can change) and `finish`.
#import "slices.wgsl"

@compute @workgroup_size(64)
fn main(@builtin(local_invocation_index) local: u32, @builtin(workgroup_id) group: vec3u) {
  begin(group);
  let tx = local % 8u;
  let ty = local / 8u;
  var sum = Tile();
  let slices = inner(group);
  let scaled = scale_at();
  for (var slice = 0u; slice < slices; slice++) {
    let l_across = left_across(slice);
    let r_across = right_across(slice);
    let l_quad = select(local / 4u, local % 16u, l_across);
    let l_k = 4u * select(local % 4u, local / 16u, l_across);
    let r_quad = select(local / 4u, local % 16u, r_across);
    let r_k = 4u * select(local % 4u, local / 16u, r_across);
    let l = left(slice, l_k, 4u * l_quad);
    let r = right(slice, r_k, 4u * r_quad);
    if (slice == scaled) {
      let a = scale(4u * ty);
      let b = scale(32u + 4u * ty);
      sum = Tile(rows(sum.s00, a), rows(sum.s01, a), rows(sum.s10, b), rows(sum.s11, b));
    }
    workgroupBarrier();
    for (var i = 0u; i < 4u; i++) {
      ls[(l_k + i) * COLUMN + l_quad] = l[i];
      rs[(r_k + i) * COLUMN + r_quad] = r[i];
    }
    workgroupBarrier();
    add_products(&sum, tx, ty, part(slice));
  }
  // A loop, since four copies of what follows would take most of the time to compile.
  for (var i = 0u; i < 4u; i++) {
    var four = sum.s00;
    switch i {
      case 1u: { four = sum.s01; }
      case 2u: { four = sum.s10; }
      case 3u: { four = sum.s11; }
      default: {}
    }
    for (var r = 0u; r < 4u; r++) { finish(4u * ty + 32u * (i / 2u) + r, 4u * tx + 32u * (i % 2u), four[r]); }
  }
}
