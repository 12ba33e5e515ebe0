// linear, version `line`: one row, four outputs an invocation, no barrier; for decoding where the processor imitates a GPU.
// With HAS_NORM each invocation also sums the row's squares, which gives RMS norm without a dispatch of its own.
#import "quads.wgsl"

@compute @workgroup_size(16)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(workgroup_id) group: vec3u) {
  let o = 4u * id.x;
  let row = row_of(group);
  if (o >= p.columns || row >= p.rows) { return; }
  let w0 = output_start(o);
  let w1 = output_start(o + 1u);
  let w2 = output_start(o + 2u);
  let w3 = output_start(o + 3u);
  let start = row_start(row);
  var sums = vec4f();
  var squares = vec4f();
  let quads = p.inner / 4u;
  for (var k = 0u; k < quads; k++) {
    var value = x[start + k];
    if (HAS_NORM) {
      squares += value * value;
      value *= norm_weight[k];
    }
    sums += value * mat4x4f(weight[w0 + k], weight[w1 + k], weight[w2 + k], weight[w3 + k]);
  }
  if (HAS_NORM) { sums *= inverseSqrt(dot(squares, vec4f(1.0)) / f32(p.inner) + p.epsilon); }
  finish4(0u, row, o, sums);
}
