// RMS norm: y = x · weight / √(mean(x²) + ε) over the last dimension. x, y (rows, width), weight (width).
// One workgroup a row; each invocation takes every 64th number, the sum of squares is added up in workgroup memory.
struct Params { rows: u32, width: u32, epsilon: f32 }

@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read> weight: array<f32>;
@group(0) @binding(3) var<storage, read_write> y: array<f32>;

var<workgroup> squares: array<f32, 64>;

@compute @workgroup_size(64)
fn main(
  @builtin(local_invocation_index) local: u32,
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u
) {
  let row = group.x + group.y * groups.x;
  let start = min(row, p.rows - 1u) * p.width;
  var square = 0.0;
  for (var k = local; k < p.width; k += 64u) { square += x[start + k] * x[start + k]; }
  squares[local] = square;
  workgroupBarrier();
  var sum = 0.0;
  for (var i = 0u; i < 64u; i++) { sum += squares[i]; }
  if (row >= p.rows) { return; }
  let scale = inverseSqrt(sum / f32(p.width) + p.epsilon);
  for (var k = local; k < p.width; k += 64u) { y[start + k] = x[start + k] * scale * weight[k]; }
}
