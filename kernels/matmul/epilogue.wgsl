// What a version of a product does last with its sums. y, bias and residual are numbers here and may have any width.
#import "params.wgsl"

@group(0) @binding(3) var<storage, read> bias: array<f32>;
@group(0) @binding(4) var<storage, read> residual: array<f32>;
@group(0) @binding(6) var<storage, read_write> y: array<f32>;

// Four columns of a row at once: branches cost a compiler more than arithmetic. What is read past the edge is not written.
fn finish4(member: u32, row: u32, column: u32, sums: vec4f) {
  if (row >= p.rows || column >= p.columns) { return; }
  var value = p.alpha * sums;
  if ((p.extras & BIAS) != 0u) {
    value += vec4f(bias[column], bias[column + 1u], bias[column + 2u], bias[column + 3u]);
  }
  value = activate4(p.extras >> ACTIVATION, value);
  let at = p.y_offset + member * p.y_batch + row * p.y_stride + column;
  if ((p.extras & RESIDUAL) != 0u) {
    value += vec4f(residual[at], residual[at + 1u], residual[at + 2u], residual[at + 3u]);
  }
  y[at] = value.x;
  if (column + 1u < p.columns) { y[at + 1u] = value.y; }
  if (column + 2u < p.columns) { y[at + 2u] = value.z; }
  if (column + 3u < p.columns) { y[at + 3u] = value.w; }
}
