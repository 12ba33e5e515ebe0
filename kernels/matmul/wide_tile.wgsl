// 128 × 128 of y to a workgroup of 128, 8 × 16 of it in each invocation's registers: two quads of rows by four quads of columns,
// so that six quads read from workgroup memory serve 128 products; else as `shared`. PADDING is 1 where workgroup memory has
// room for a column of 33 quads, which spares conflicts between banks, and 0 where it is 16 KB.
#import "blocks.wgsl"

const STEP = 16u;
const COLUMN = 32u + PADDING;

var<workgroup> xs: array<vec4f, STEP * COLUMN>;
var<workgroup> ws: array<vec4f, STEP * COLUMN>;

@compute @workgroup_size(128)
fn main(@builtin(local_invocation_index) local: u32, @builtin(workgroup_id) group: vec3u) {
  let member = group.z / p.splits;
  let first = group.z % p.splits * p.part;
  let last = min(first + p.part, p.inner);
  let row = 128u * group.y;
  let column = 128u * group.x;
  let a_start = p.a_offset + member * p.a_batch;
  let b_start = p.b_offset + member * p.b_batch;
  // What this invocation brings: neighbours bring neighbours in memory.
  let a_quad = select(local / 4u, local % 32u, A_ACROSS);
  let a_k = 4u * select(local % 4u, local / 32u, A_ACROSS);
  let b_quad = select(local / 4u, local % 32u, B_ACROSS);
  let b_k = 4u * select(local % 4u, local / 32u, B_ACROSS);
  // What it sums: s<quad of rows><quad of columns>, a column of the matrix for each row.
  let tx = local % 8u;
  let ty = local / 8u;
  var s00 = mat4x4f(); var s01 = mat4x4f(); var s02 = mat4x4f(); var s03 = mat4x4f();
  var s10 = mat4x4f(); var s11 = mat4x4f(); var s12 = mat4x4f(); var s13 = mat4x4f();
  for (var done = first; ; done += STEP) {
    let x = block_of_a(a_start, row + 4u * a_quad, done + a_k, last);
    let w = block_of_b(b_start, column + 4u * b_quad, done + b_k, last);
    if (done > first) {
      for (var i = 0u; i < 16u; i++) { // unrolled
        let a0 = xs[i * COLUMN + ty];
        let a1 = xs[i * COLUMN + 16u + ty];
        let b0 = ws[i * COLUMN + tx];
        let b1 = ws[i * COLUMN + 8u + tx];
        let b2 = ws[i * COLUMN + 16u + tx];
        let b3 = ws[i * COLUMN + 24u + tx];
        s00 += outer(a0, b0); s01 += outer(a0, b1); s02 += outer(a0, b2); s03 += outer(a0, b3);
        s10 += outer(a1, b0); s11 += outer(a1, b1); s12 += outer(a1, b2); s13 += outer(a1, b3);
      }
    }
    if (done >= last) { break; }
    workgroupBarrier();
    let x_at = a_k * COLUMN + a_quad;
    xs[x_at] = x[0];
    xs[x_at + COLUMN] = x[1];
    xs[x_at + 2u * COLUMN] = x[2];
    xs[x_at + 3u * COLUMN] = x[3];
    let w_at = b_k * COLUMN + b_quad;
    ws[w_at] = w[0];
    ws[w_at + COLUMN] = w[1];
    ws[w_at + 2u * COLUMN] = w[2];
    ws[w_at + 3u * COLUMN] = w[3];
    workgroupBarrier();
  }
  let r = row + 4u * ty;
  let c = column + 4u * tx;
  // A loop, since eight copies of what follows would take most of the time to compile.
  for (var i = 0u; i < 8u; i++) {
    var sums = s00;
    switch i {
      case 1u: { sums = s01; }
      case 2u: { sums = s02; }
      case 3u: { sums = s03; }
      case 4u: { sums = s10; }
      case 5u: { sums = s11; }
      case 6u: { sums = s12; }
      case 7u: { sums = s13; }
      default: {}
    }
    finish16(group.z, r + 64u * (i / 4u), c + 32u * (i % 4u), sums);
  }
}
