// A product, version `tile`, on quads: one invocation sums an 8 × 4 tile of y in registers; no barrier, nothing shared. The 64
// invocations of a workgroup lie along the columns, all on the same 8 rows. Rows and columns past the edge read the last one, or
// the last quad, and are not written. y may have any width.
#import "epilogue.wgsl"

@group(0) @binding(1) var<storage, read> a: array<vec4f>;
@group(0) @binding(2) var<storage, read> b: array<vec4f>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(workgroup_id) group: vec3u) {
  let o = 4u * id.x;
  let row = 8u * group.y;
  if (o >= p.columns) { return; }
  let member = group.z / p.splits;
  let first = group.z % p.splits * (p.part / 4u);
  let last = min(first + p.part / 4u, p.inner / 4u);
  // Everything from here on counts in quads.
  let as_ = p.a_stride / 4u;
  let bs = p.b_stride / 4u;
  let a_start = (p.a_offset + member * p.a_batch) / 4u;
  let b_start = (p.b_offset + member * p.b_batch) / 4u;
  var x0 = a_start; var x1 = a_start; var x2 = a_start; var x3 = a_start;
  var x4 = a_start; var x5 = a_start; var x6 = a_start; var x7 = a_start;
  if (A_ACROSS) {
    x0 += min(row / 4u, p.rows / 4u - 1u);
    x1 += min(row / 4u + 1u, p.rows / 4u - 1u);
  } else {
    let end = p.rows - 1u;
    x0 += min(row, end) * as_; x1 += min(row + 1u, end) * as_;
    x2 += min(row + 2u, end) * as_; x3 += min(row + 3u, end) * as_;
    x4 += min(row + 4u, end) * as_; x5 += min(row + 5u, end) * as_;
    x6 += min(row + 6u, end) * as_; x7 += min(row + 7u, end) * as_;
  }
  var w0 = b_start; var w1 = b_start; var w2 = b_start; var w3 = b_start;
  if (B_ACROSS) {
    w0 += o / 4u;
  } else {
    let end = p.columns - 1u;
    w0 += o * bs; w1 += min(o + 1u, end) * bs;
    w2 += min(o + 2u, end) * bs; w3 += min(o + 3u, end) * bs;
  }
  var s0 = vec4f(); var s1 = vec4f(); var s2 = vec4f(); var s3 = vec4f();
  var s4 = vec4f(); var s5 = vec4f(); var s6 = vec4f(); var s7 = vec4f();
  for (var k = first; k < last; k++) {
    // Four columns, each with four numbers of its sum.
    var w: mat4x4f;
    if (B_ACROSS) {
      let at = w0 + 4u * k * bs;
      w = transpose(mat4x4f(b[at], b[at + bs], b[at + 2u * bs], b[at + 3u * bs]));
    } else {
      w = mat4x4f(b[w0 + k], b[w1 + k], b[w2 + k], b[w3 + k]);
    }
    if (A_ACROSS) {
      let low = x0 + 4u * k * as_;
      let high = x1 + 4u * k * as_;
      let x = transpose(mat4x4f(a[low], a[low + as_], a[low + 2u * as_], a[low + 3u * as_]));
      s0 += x[0] * w; s1 += x[1] * w; s2 += x[2] * w; s3 += x[3] * w;
      let z = transpose(mat4x4f(a[high], a[high + as_], a[high + 2u * as_], a[high + 3u * as_]));
      s4 += z[0] * w; s5 += z[1] * w; s6 += z[2] * w; s7 += z[3] * w;
    } else {
      s0 += a[x0 + k] * w;
      s1 += a[x1 + k] * w;
      s2 += a[x2 + k] * w;
      s3 += a[x3 + k] * w;
      s4 += a[x4 + k] * w;
      s5 += a[x5 + k] * w;
      s6 += a[x6 + k] * w;
      s7 += a[x7 + k] * w;
    }
  }
  // A loop, since eight copies of what follows would take most of the time to compile.
  for (var r = 0u; r < 8u; r++) {
    var sums = s0;
    switch r {
      case 1u: { sums = s1; }
      case 2u: { sums = s2; }
      case 3u: { sums = s3; }
      case 4u: { sums = s4; }
      case 5u: { sums = s5; }
      case 6u: { sums = s6; }
      case 7u: { sums = s7; }
      default: {}
    }
    finish4(group.z, row + r, o, sums);
  }
}
