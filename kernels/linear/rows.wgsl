// What the versions for few rows share: `row` and `line` go through the rows of x and the outputs of the weight along the sum.
#import "../matmul/epilogue.wgsl"

// Rows past 65,535 go on in the third dimension.
fn row_of(group: vec3u) -> u32 {
  return group.y + 65535u * group.z;
}

// One output of a row.
fn finish(row: u32, o: u32, sum: f32) {
  if (row >= p.rows || o >= p.columns) { return; }
  var value = p.alpha * sum;
  if ((p.extras & BIAS) != 0u) { value += bias[o]; }
  value = activate4(p.extras >> ACTIVATION, vec4f(value)).x;
  let at = p.y_offset + row * p.y_stride + o;
  if ((p.extras & RESIDUAL) != 0u) { value += residual[at]; }
  y[at] = value;
}
