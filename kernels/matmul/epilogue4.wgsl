// What a version of a product does last with its sums, where y, bias and residual are quads of four numbers.
#import "params.wgsl"

@group(0) @binding(3) var<storage, read> bias: array<vec4f>;
@group(0) @binding(4) var<storage, read> residual: array<vec4f>;
@group(0) @binding(6) var<storage, read_write> y: array<vec4f>;

fn finish4(member: u32, row: u32, column: u32, sums: vec4f) {
  if (row >= p.rows || column >= p.columns) { return; }
  var value = p.alpha * sums;
  if ((p.extras & BIAS) != 0u) { value += bias[column / 4u]; }
  value = activate4(p.extras >> ACTIVATION, value);
  let at = (p.y_offset + member * p.y_batch + row * p.y_stride + column) / 4u;
  if ((p.extras & RESIDUAL) != 0u) { value += residual[at]; }
  y[at] = value;
}
