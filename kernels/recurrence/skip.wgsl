// Parts of D_skip's gradient: dy (rows, D) · x (rows, width) over blocks of rows and over the channels that share a skip. parts
// (blocks, D / sharing). A thread a number.
struct Params { rows: u32, channels: u32, sharing: u32, width: u32, column: u32, block: u32 }

@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> dy: array<f32>;
@group(0) @binding(2) var<storage, read> x: array<f32>;
@group(0) @binding(3) var<storage, read_write> parts: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let count = p.channels / p.sharing;
  if (id.x >= count) { return; }
  var sum = 0.0;
  for (var row = id.y * p.block; row < min((id.y + 1u) * p.block, p.rows); row++) {
    for (var d = id.x * p.sharing; d < (id.x + 1u) * p.sharing; d++) {
      sum += dy[row * p.channels + d] * x[row * p.width + p.column + d];
    }
  }
  parts[id.y * count + id.x] = sum;
}
