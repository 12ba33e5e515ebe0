// The table's gradient, first the runs inside a piece: one invocation a piece and column. A run that lies in the piece is added to its
// row; of one that came from before, or goes on behind, the sum so far is left in parts: 0 for what came, 1 for what goes on.
#import "./runs.wgsl"
@group(0) @binding(3) var<storage, read> dy: array<f32>;
@group(0) @binding(4) var<storage, read_write> d_weight: array<f32>;
@group(0) @binding(5) var<storage, read_write> parts: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let piece = id.y + 65535u * id.z;
  let first = piece * PIECE;
  if (id.x >= p.width || first >= p.count) { return; }
  let end = min(first + PIECE, p.count);
  var row = row_at(first);
  var came = goes_on(first, row);
  var sum = 0.0;
  for (var j = first; j < end; j++) {
    let next = row_at(j);
    if (next != row) {
      if (came) { parts[2u * piece * p.width + id.x] = sum; } else { d_weight[row * p.width + id.x] += sum; }
      row = next;
      came = false;
      sum = 0.0;
    }
    sum += dy[order[j] * p.width + id.x];
  }
  if (came) {
    parts[2u * piece * p.width + id.x] = sum;
  } else if (goes_on(end, row)) {
    parts[(2u * piece + 1u) * p.width + id.x] = sum;
  } else {
    d_weight[row * p.width + id.x] += sum;
  }
}
