// The table's gradient, then the runs across pieces: one invocation a piece and column. Only where a run begins that goes on behind its
// piece are its parts added up, in their order.
#import "./runs.wgsl"
@group(0) @binding(3) var<storage, read> parts: array<f32>;
@group(0) @binding(4) var<storage, read_write> d_weight: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let piece = id.y + 65535u * id.z;
  let end = (piece + 1u) * PIECE;
  if (id.x >= p.width || end >= p.count) { return; }
  let row = row_at(end - 1u);
  if (!goes_on(end, row)) { return; }
  let first = piece * PIECE;
  if (goes_on(first, row)) { return; }
  var sum = parts[(2u * piece + 1u) * p.width + id.x];
  for (var next = piece + 1u; next * PIECE < p.count; next++) {
    if (row_at(next * PIECE) != row) { break; }
    sum += parts[2u * next * p.width + id.x];
  }
  d_weight[row * p.width + id.x] += sum;
}
