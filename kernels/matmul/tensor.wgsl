// A product, version `tensor`, on the matrix units of a GPU: they multiply 16 × 16 matrices of f16 and add up in f32. Both operands
// are rounded to f16 on their way to workgroup memory, which costs accuracy (about 5·10⁻⁴ of each number), so that nothing takes
// this version unless told to. Needs `chromium_experimental_subgroup_matrix`, `f16` and subgroups of 32; quads only.
//
// 128 × 128 of y to a workgroup of 256: eight subgroups, each with 32 × 64 of it in eight matrices. In steps of 32 products every
// invocation brings a 4 × 4 block of each operand; both lie in workgroup memory along the sum as quads, ten to a row of eight, which
// spares conflicts between banks.
#import "quads.wgsl"
#import "blocks.wgsl"

const STEP = 32u;
const ROW = 10u; // quads

alias Left = subgroup_matrix_left<f16, 16, 16>;
alias Right = subgroup_matrix_right<f16, 16, 16>;
alias Sums = subgroup_matrix_result<f32, 16, 16>;

var<workgroup> xs: array<vec4h, 128u * ROW>;
var<workgroup> ws: array<vec4h, 128u * ROW>;
var<workgroup> sums: array<f32, 8u * 256u>;

@compute @workgroup_size(256)
fn main(
  @builtin(local_invocation_index) local: u32,
  @builtin(subgroup_id) subgroup: u32,
  @builtin(subgroup_invocation_id) lane: u32,
  @builtin(workgroup_id) group: vec3u
) {
  let member = group.z / p.splits;
  let first = group.z % p.splits * p.part;
  let last = min(first + p.part, p.inner);
  let row = 128u * group.y;
  let column = 128u * group.x;
  let a_start = p.a_offset + member * p.a_batch;
  let b_start = p.b_offset + member * p.b_batch;
  // What this invocation brings: neighbours bring neighbours in memory.
  let a_quad = select(local / 8u, local % 32u, A_ACROSS);
  let a_k = 4u * select(local % 8u, local / 32u, A_ACROSS);
  let b_quad = select(local / 8u, local % 32u, B_ACROSS);
  let b_k = 4u * select(local % 8u, local / 32u, B_ACROSS);
  // What its subgroup sums.
  let down = 32u * (subgroup / 2u);
  let along = 64u * (subgroup % 2u);
  var s00: Sums; var s01: Sums; var s02: Sums; var s03: Sums;
  var s10: Sums; var s11: Sums; var s12: Sums; var s13: Sums;
  for (var done = first; ; done += STEP) {
    let x = block_of_a(a_start, row + 4u * a_quad, done + a_k, last);
    let w = block_of_b(b_start, column + 4u * b_quad, done + b_k, last);
    if (done > first) {
      for (var k = 0u; k < STEP / 4u; k += 4u) {
        let a0 = subgroupMatrixLoad<Left, row_major>(&xs, down * ROW + k, ROW);
        let a1 = subgroupMatrixLoad<Left, row_major>(&xs, (down + 16u) * ROW + k, ROW);
        let b0 = subgroupMatrixLoad<Right, col_major>(&ws, along * ROW + k, ROW);
        let b1 = subgroupMatrixLoad<Right, col_major>(&ws, (along + 16u) * ROW + k, ROW);
        let b2 = subgroupMatrixLoad<Right, col_major>(&ws, (along + 32u) * ROW + k, ROW);
        let b3 = subgroupMatrixLoad<Right, col_major>(&ws, (along + 48u) * ROW + k, ROW);
        s00 = subgroupMatrixMultiplyAccumulate(a0, b0, s00);
        s01 = subgroupMatrixMultiplyAccumulate(a0, b1, s01);
        s02 = subgroupMatrixMultiplyAccumulate(a0, b2, s02);
        s03 = subgroupMatrixMultiplyAccumulate(a0, b3, s03);
        s10 = subgroupMatrixMultiplyAccumulate(a1, b0, s10);
        s11 = subgroupMatrixMultiplyAccumulate(a1, b1, s11);
        s12 = subgroupMatrixMultiplyAccumulate(a1, b2, s12);
        s13 = subgroupMatrixMultiplyAccumulate(a1, b3, s13);
      }
    }
    if (done >= last) { break; }
    workgroupBarrier();
    let x_at = 4u * a_quad * ROW + a_k / 4u;
    let xt = transpose(x);
    xs[x_at] = vec4h(xt[0]);
    xs[x_at + ROW] = vec4h(xt[1]);
    xs[x_at + 2u * ROW] = vec4h(xt[2]);
    xs[x_at + 3u * ROW] = vec4h(xt[3]);
    let w_at = 4u * b_quad * ROW + b_k / 4u;
    let wt = transpose(w);
    ws[w_at] = vec4h(wt[0]);
    ws[w_at + ROW] = vec4h(wt[1]);
    ws[w_at + 2u * ROW] = vec4h(wt[2]);
    ws[w_at + 3u * ROW] = vec4h(wt[3]);
    workgroupBarrier();
  }
  // Through workgroup memory, matrix by matrix, since what lane holds which number is the device's affair.
  let at = subgroup * 256u;
  let r = row + down + lane / 2u;
  let c = column + along + 8u * (lane % 2u);
  subgroupMatrixStore<row_major>(&sums, at, s00, 16u);
  finish8(group.z, r, c, at + 8u * lane);
  subgroupMatrixStore<row_major>(&sums, at, s01, 16u);
  finish8(group.z, r, c + 16u, at + 8u * lane);
  subgroupMatrixStore<row_major>(&sums, at, s02, 16u);
  finish8(group.z, r, c + 32u, at + 8u * lane);
  subgroupMatrixStore<row_major>(&sums, at, s03, 16u);
  finish8(group.z, r, c + 48u, at + 8u * lane);
  subgroupMatrixStore<row_major>(&sums, at, s10, 16u);
  finish8(group.z, r + 16u, c, at + 8u * lane);
  subgroupMatrixStore<row_major>(&sums, at, s11, 16u);
  finish8(group.z, r + 16u, c + 16u, at + 8u * lane);
  subgroupMatrixStore<row_major>(&sums, at, s12, 16u);
  finish8(group.z, r + 16u, c + 32u, at + 8u * lane);
  subgroupMatrixStore<row_major>(&sums, at, s13, 16u);
  finish8(group.z, r + 16u, c + 48u, at + 8u * lane);
}

// Eight columns of a row, out of workgroup memory.
fn finish8(z: u32, row: u32, column: u32, at: u32) {
  workgroupBarrier();
  finish4(z, row, column, vec4f(sums[at], sums[at + 1u], sums[at + 2u], sums[at + 3u]));
  finish4(z, row, column + 4u, vec4f(sums[at + 4u], sums[at + 5u], sums[at + 6u], sums[at + 7u]));
  workgroupBarrier();
}
