// linear, version `tile`, for sizes that are no multiples of four: one invocation sums an 8 × 4 tile of y in registers; no barrier, nothing shared.
// x (rows, stride), weight (out, in), y (rows, out). Invocations of a workgroup lie along the outputs: 64 of them, all on the
// same 8 rows. Rows and outputs past the edge read the last one and are not written.
#import "epilogue.wgsl"

@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read> weight: array<f32>;

fn load_x(row: u32, k: u32) -> vec4f {
  let at = min(row, p.rows - 1u) * p.stride + p.offset + k;
  if (k + 3u < p.width) { return vec4f(x[at], x[at + 1u], x[at + 2u], x[at + 3u]); }
  var v = vec4f(x[at], 0.0, 0.0, 0.0);
  if (k + 1u < p.width) { v.y = x[at + 1u]; }
  if (k + 2u < p.width) { v.z = x[at + 2u]; }
  return v;
}

fn load_weight(o: u32, k: u32) -> vec4f {
  let at = min(o, p.out - 1u) * p.width + k;
  if (k + 3u < p.width) {
    return vec4f(weight[at], weight[at + 1u], weight[at + 2u], weight[at + 3u]);
  }
  var v = vec4f(weight[at], 0.0, 0.0, 0.0);
  if (k + 1u < p.width) { v.y = weight[at + 1u]; }
  if (k + 2u < p.width) { v.z = weight[at + 2u]; }
  return v;
}

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(workgroup_id) group: vec3u) {
  let o = 4u * id.x;
  let row = 8u * group.y;
  if (o >= p.out) { return; }
  var s0 = vec4f(); var s1 = vec4f(); var s2 = vec4f(); var s3 = vec4f();
  var s4 = vec4f(); var s5 = vec4f(); var s6 = vec4f(); var s7 = vec4f();
  for (var k = 0u; k < p.width; k += 4u) {
    let w = mat4x4f(load_weight(o, k), load_weight(o + 1u, k), load_weight(o + 2u, k), load_weight(o + 3u, k));
    s0 += load_x(row, k) * w;
    s1 += load_x(row + 1u, k) * w;
    s2 += load_x(row + 2u, k) * w;
    s3 += load_x(row + 3u, k) * w;
    s4 += load_x(row + 4u, k) * w;
    s5 += load_x(row + 5u, k) * w;
    s6 += load_x(row + 6u, k) * w;
    s7 += load_x(row + 7u, k) * w;
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
    finish4(row + r, o, sums);
  }
}
