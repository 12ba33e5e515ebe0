// The gradient of a bias: y (parts, width) = the sums of x (rows, width) over `part` rows each, one invocation a column and part;
// no barrier. The same kernel then adds the parts, and what other uses of the bias have given so far.
struct Params { rows: u32, width: u32, part: u32, residual: u32 }
@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read> residual: array<f32>;
@group(0) @binding(3) var<storage, read_write> y: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= p.width) { return; }
  let end = min((id.y + 1u) * p.part, p.rows) * p.width;
  var sum = 0.0;
  for (var at = id.y * p.part * p.width + id.x; at < end; at += p.width) { sum += x[at]; }
  if (p.residual != 0u) { sum += residual[id.x]; }
  y[id.y * p.width + id.x] = sum;
}
