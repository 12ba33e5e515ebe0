// A product, version `tile`, for sizes that are no multiples of four: one invocation sums an 8 × 4 tile of y in registers; no
// barrier, nothing shared. Invocations of a workgroup lie along the columns: 64 of them, all on the same 8 rows. Rows and
// columns past the edge read the last one and are not written.
#import "epilogue.wgsl"

@group(0) @binding(1) var<storage, read> a: array<f32>;
@group(0) @binding(2) var<storage, read> b: array<f32>;

// Four numbers of a row's sum, from k on; zeros from `last` on.
fn load_a(start: u32, row: u32, k: u32, last: u32) -> vec4f {
  let step = select(1u, p.a_stride, A_ACROSS);
  let at = start + min(row, p.rows - 1u) * select(p.a_stride, 1u, A_ACROSS) + k * step;
  if (k + 3u < last) { return vec4f(a[at], a[at + step], a[at + 2u * step], a[at + 3u * step]); }
  var v = vec4f(a[at], 0.0, 0.0, 0.0);
  if (k + 1u < last) { v.y = a[at + step]; }
  if (k + 2u < last) { v.z = a[at + 2u * step]; }
  return v;
}

fn load_b(start: u32, column: u32, k: u32, last: u32) -> vec4f {
  let step = select(1u, p.b_stride, B_ACROSS);
  let at = start + min(column, p.columns - 1u) * select(p.b_stride, 1u, B_ACROSS) + k * step;
  if (k + 3u < last) { return vec4f(b[at], b[at + step], b[at + 2u * step], b[at + 3u * step]); }
  var v = vec4f(b[at], 0.0, 0.0, 0.0);
  if (k + 1u < last) { v.y = b[at + step]; }
  if (k + 2u < last) { v.z = b[at + 2u * step]; }
  return v;
}

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(workgroup_id) group: vec3u) {
  let o = 4u * id.x;
  let row = 8u * group.y;
  if (o >= p.columns) { return; }
  let member = group.z / p.splits;
  let first = group.z % p.splits * p.part;
  let last = min(first + p.part, p.inner);
  let a_start = p.a_offset + member * p.a_batch;
  let b_start = p.b_offset + member * p.b_batch;
  var s0 = vec4f(); var s1 = vec4f(); var s2 = vec4f(); var s3 = vec4f();
  var s4 = vec4f(); var s5 = vec4f(); var s6 = vec4f(); var s7 = vec4f();
  for (var k = first; k < last; k += 4u) {
    let w = mat4x4f(
      load_b(b_start, o, k, last),
      load_b(b_start, o + 1u, k, last),
      load_b(b_start, o + 2u, k, last),
      load_b(b_start, o + 3u, k, last));
    s0 += load_a(a_start, row, k, last) * w;
    s1 += load_a(a_start, row + 1u, k, last) * w;
    s2 += load_a(a_start, row + 2u, k, last) * w;
    s3 += load_a(a_start, row + 3u, k, last) * w;
    s4 += load_a(a_start, row + 4u, k, last) * w;
    s5 += load_a(a_start, row + 5u, k, last) * w;
    s6 += load_a(a_start, row + 6u, k, last) * w;
    s7 += load_a(a_start, row + 7u, k, last) * w;
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
