// The transpose of a matrix: weight (rows, columns) → turned (columns, rows). One thread writes one number, neighbours write
// neighbours; small matrices alone come here, which lie in the cache.
struct Params {
  rows: u32,
  columns: u32,
}

@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> weight: array<f32>;
@group(0) @binding(2) var<storage, read_write> turned: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let i = id.x;
  if (i >= p.rows * p.columns) { return; }
  turned[i] = weight[i % p.rows * p.columns + i / p.rows];
}
