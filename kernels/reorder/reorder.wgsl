// Some columns with their rows in another order, the rest as they are: y[b, t, c] = x[b, order[t], c] for c in [from_column, to_column),
// else x[b, t, c]. x and y (batch, length, width), order (length). One invocation a number; a workgroup has 64 columns of a row.
struct Params { rows: u32, length: u32, width: u32, from_column: u32, to_column: u32 }

@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read> order: array<u32>;
@group(0) @binding(3) var<storage, read_write> y: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let row = id.y + 65535u * id.z;
  let column = id.x;
  if (column >= p.width || row >= p.rows) { return; }
  let t = row % p.length;
  let moved = column >= p.from_column && column < p.to_column;
  let source = select(row, row - t + min(order[t], p.length - 1u), moved);
  y[row * p.width + column] = x[source * p.width + column];
}
