// linear, version `tile`, on quads: one invocation sums an 8 × 4 tile of y in registers; no barrier, nothing shared.
// x (rows, stride), weight (out, in), y (rows, out). The 64 invocations of a workgroup lie along the outputs, all on the same
// 8 rows. Rows and outputs past the edge read the last one and are not written.
#import "quads.wgsl"

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(workgroup_id) group: vec3u) {
  let o = 4u * id.x;
  let row = 8u * group.y;
  if (o >= p.out) { return; }
  let w0 = output_start(o);
  let w1 = output_start(o + 1u);
  let w2 = output_start(o + 2u);
  let w3 = output_start(o + 3u);
  let x0 = row_start(row);
  let x1 = row_start(row + 1u);
  let x2 = row_start(row + 2u);
  let x3 = row_start(row + 3u);
  let x4 = row_start(row + 4u);
  let x5 = row_start(row + 5u);
  let x6 = row_start(row + 6u);
  let x7 = row_start(row + 7u);
  var s0 = vec4f(); var s1 = vec4f(); var s2 = vec4f(); var s3 = vec4f();
  var s4 = vec4f(); var s5 = vec4f(); var s6 = vec4f(); var s7 = vec4f();
  let quads = p.width / 4u;
  for (var k = 0u; k < quads; k++) {
    let w = mat4x4f(weight[w0 + k], weight[w1 + k], weight[w2 + k], weight[w3 + k]);
    s0 += x[x0 + k] * w;
    s1 += x[x1 + k] * w;
    s2 += x[x2 + k] * w;
    s3 += x[x3 + k] * w;
    s4 += x[x4 + k] * w;
    s5 += x[x5 + k] * w;
    s6 += x[x6 + k] * w;
    s7 += x[x7 + k] * w;
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
