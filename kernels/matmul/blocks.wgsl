// 4 × 4 blocks of the operands on their way from memory to workgroup memory: `rows` four neighbouring rows (of a) or columns
// (of b), `k` four neighbouring numbers of the sum. However the operand lies in memory, four quads are read and come out as
// four rows at k, four rows at k + 1, and so on.

// How many of i, i + 1, … lie below n.
fn below(n: u32, i: u32) -> u32 {
  return select(0u, n - i, i < n);
}

fn block_of_a(start: u32, row: u32, k: u32, last: u32) -> mat4x4f {
  if (A_ACROSS) {
    let valid = below(p.rows, row);
    let at = start + k * p.a_stride + row;
    return mat4x4f(
      four_of_a(at, select(0u, valid, k < last)),
      four_of_a(at + p.a_stride, select(0u, valid, k + 1u < last)),
      four_of_a(at + 2u * p.a_stride, select(0u, valid, k + 2u < last)),
      four_of_a(at + 3u * p.a_stride, select(0u, valid, k + 3u < last)));
  }
  let valid = below(last, k);
  let at = start + row * p.a_stride + k;
  return transpose(mat4x4f(
    four_of_a(at, select(0u, valid, row < p.rows)),
    four_of_a(at + p.a_stride, select(0u, valid, row + 1u < p.rows)),
    four_of_a(at + 2u * p.a_stride, select(0u, valid, row + 2u < p.rows)),
    four_of_a(at + 3u * p.a_stride, select(0u, valid, row + 3u < p.rows))));
}

fn block_of_b(start: u32, column: u32, k: u32, last: u32) -> mat4x4f {
  if (B_ACROSS) {
    let valid = below(p.columns, column);
    let at = start + k * p.b_stride + column;
    return mat4x4f(
      four_of_b(at, select(0u, valid, k < last)),
      four_of_b(at + p.b_stride, select(0u, valid, k + 1u < last)),
      four_of_b(at + 2u * p.b_stride, select(0u, valid, k + 2u < last)),
      four_of_b(at + 3u * p.b_stride, select(0u, valid, k + 3u < last)));
  }
  let valid = below(last, k);
  let at = start + column * p.b_stride + k;
  return transpose(mat4x4f(
    four_of_b(at, select(0u, valid, column < p.columns)),
    four_of_b(at + p.b_stride, select(0u, valid, column + 1u < p.columns)),
    four_of_b(at + 2u * p.b_stride, select(0u, valid, column + 2u < p.columns)),
    four_of_b(at + 3u * p.b_stride, select(0u, valid, column + 3u < p.columns))));
}

// The products of four rows with four columns: column r of the matrix belongs to row r.
fn outer(rows: vec4f, columns: vec4f) -> mat4x4f {
  return mat4x4f(rows.x * columns, rows.y * columns, rows.z * columns, rows.w * columns);
}

// Four rows of four columns are summed.
fn finish16(z: u32, row: u32, column: u32, sums: mat4x4f) {
  finish4(z, row, column, sums[0]);
  finish4(z, row + 1u, column, sums[1]);
  finish4(z, row + 2u, column, sums[2]);
  finish4(z, row + 3u, column, sums[3]);
}
