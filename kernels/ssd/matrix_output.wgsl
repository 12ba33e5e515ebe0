// SSD as a masked product, step 2: y_i = Σ_{j ≤ i} M_ij x_j + D x_i.
// matrix (batch, H, L, L), x (batch, L, x_width), skip (H) → y (batch, L, H · P). A thread a number: 64 of P × 1 token × heads of texts.
#import "params.wgsl"
@group(0) @binding(1) var<storage, read> matrix: array<f32>;
@group(0) @binding(2) var<storage, read> x: array<f32>;
@group(0) @binding(3) var<storage, read> skip: array<f32>;
@group(0) @binding(4) var<storage, read_write> y: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= p.head_dim) { return; }
  let i = id.y;
  let head = id.z % p.heads;
  let text = id.z / p.heads;
  let channel = head * p.head_dim + id.x;
  let first = text * p.length;
  var sum = 0.0;
  if (p.has_skip == 1u) { sum = skip[head] * x[(first + i) * p.x_width + p.x_from + channel]; }
  let row = (id.z * p.length + i) * p.length;
  for (var j = 0u; j <= i; j++) { sum += matrix[row + j] * x[(first + j) * p.x_width + p.x_from + channel]; }
  y[(first + i) * p.heads * p.head_dim + channel] = sum;
}
