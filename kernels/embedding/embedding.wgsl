// Rows of a table by their numbers: y[i] = weight[ids[i]]. ids (count), weight (V, width), y (count, width).
// One invocation a number; rows past 65,535 go on in the third dimension. An id past the table's end reads the last row.
struct Params { count: u32, vocabulary: u32, width: u32 }

@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> ids: array<u32>;
@group(0) @binding(2) var<storage, read> weight: array<f32>;
@group(0) @binding(3) var<storage, read_write> y: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let i = id.y + 65535u * id.z;
  if (id.x >= p.width || i >= p.count) { return; }
  let row = min(ids[i], p.vocabulary - 1u);
  y[i * p.width + id.x] = weight[row * p.width + id.x];
}
