// Attention of one new token, its spans of keys put together. parts (batch, spans, heads, HEAD_DIM), part_sums (batch, spans, heads):
// log Σ exp of each span's scores; y (batch, 1, heads · HEAD_DIM), sums (batch, 1, heads). An invocation a column.
struct Params { batch: u32, spans: u32, heads: u32 }

@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> parts: array<f32>;
@group(0) @binding(2) var<storage, read> part_sums: array<f32>;
@group(0) @binding(3) var<storage, read_write> y: array<f32>;
@group(0) @binding(4) var<storage, read_write> sums: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let text = id.y;
  let head = id.x / HEAD_DIM;
  if (head >= p.heads) { return; }
  let first = text * p.spans * p.heads + head;
  var largest = part_sums[first];
  for (var span = 1u; span < p.spans; span++) { largest = max(largest, part_sums[first + span * p.heads]); }
  var total = 0.0;
  var read = 0.0;
  for (var span = 0u; span < p.spans; span++) {
    let row = first + span * p.heads;
    let share = exp(max(part_sums[row] - largest, -85.0));
    total += share;
    read += share * parts[row * HEAD_DIM + id.x % HEAD_DIM];
  }
  y[text * p.heads * HEAD_DIM + id.x] = read / total;
  if (id.x % HEAD_DIM == 0u) { sums[text * p.heads + head] = largest + log(total); }
}
