// SSD's way back: d_scores (batch · chunks, slices, size) summed over slices → sum (batch · chunks, size); size in fours. A thread four
// numbers of a chunk.
struct Params { slices: u32, size: u32, chunks: u32 }

@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> d_scores: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> sum: array<vec4f>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= p.size) { return; }
  let chunk = id.z * p.chunks + id.y;
  var total = vec4f();
  for (var slice = 0u; slice < p.slices; slice++) { total += d_scores[(chunk * p.slices + slice) * p.size + id.x]; }
  sum[chunk * p.size + id.x] = total;
}
