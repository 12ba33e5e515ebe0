// The table's gradient without a sort, in place: d_weight[ids[i]] += Σ dy[j] over all j with ids[j] = ids[i], in the order of j, so that a sum
// comes out the same each time. ids (count), dy (count, width), d_weight (V, width), which holds what other uses have given, or
// zeros. One invocation a number and column; only where a number first stands does it sum, for all its places.
struct Params { count: u32, vocabulary: u32, width: u32 }

@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> ids: array<u32>;
@group(0) @binding(2) var<storage, read> dy: array<f32>;
@group(0) @binding(3) var<storage, read_write> d_weight: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let i = id.y + 65535u * id.z;
  if (id.x >= p.width || i >= p.count) { return; }
  let row = min(ids[i], p.vocabulary - 1u);
  for (var j = 0u; j < i; j++) {
    if (min(ids[j], p.vocabulary - 1u) == row) { return; }
  }
  var sum = dy[i * p.width + id.x];
  for (var j = i + 1u; j < p.count; j++) {
    if (min(ids[j], p.vocabulary - 1u) == row) { sum += dy[j * p.width + id.x]; }
  }
  d_weight[row * p.width + id.x] += sum;
}
