// Causal attention, an invocation a query: its running sum of values and the largest score so far stay in registers (online
// softmax, Milakov and Gimelshein 2018), no score is written. q (batch, time, q_stride), k and v (batch, keys, …), position (1):
// tokens in the cache before these, y (batch, time, heads · HEAD_DIM), sums (batch, time, heads): log Σ exp of the scores, for the
// way back. Workgroups: 64 queries × heads × texts.
#import "./params.wgsl"
@group(0) @binding(1) var<storage, read> q: array<f32>;
@group(0) @binding(2) var<storage, read> k: array<f32>;
@group(0) @binding(3) var<storage, read> v: array<f32>;
@group(0) @binding(4) var<storage, read> position: array<u32>;
@group(0) @binding(5) var<storage, read_write> y: array<f32>;
@group(0) @binding(6) var<storage, read_write> sums: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let t = id.x;
  let head = id.y;
  let text = id.z;
  if (t >= p.time) { return; }
  let group = head * p.kv_heads / p.heads;
  let q_at = (text * p.time + t) * p.q_stride + p.q_first + head * HEAD_DIM;
  var before = 0u;
  if (p.has_position == 1u) { before = position[0]; }
  let count = min(before + t + 1u, p.keys);

  var query: array<f32, HEAD_DIM>;
  var read: array<f32, HEAD_DIM>;
  for (var i = 0u; i < HEAD_DIM; i++) { query[i] = q[q_at + i] * p.scale; }
  var largest = 0.0;
  var total = 0.0;
  for (var s = 0u; s < count; s++) {
    let k_at = (text * p.keys + s) * p.k_stride + p.k_first + group * HEAD_DIM;
    let v_at = (text * p.keys + s) * p.v_stride + p.v_first + group * HEAD_DIM;
    var score = 0.0;
    for (var i = 0u; i < HEAD_DIM; i++) { score += query[i] * k[k_at + i]; }
    if (s == 0u) { largest = score; }
    if (score > largest) {
      let shrink = exp(max(largest - score, LOWEST));
      total *= shrink;
      for (var i = 0u; i < HEAD_DIM; i++) { read[i] *= shrink; }
      largest = score;
    }
    let share = exp(max(score - largest, LOWEST));
    total += share;
    for (var i = 0u; i < HEAD_DIM; i++) { read[i] += share * v[v_at + i]; }
  }
  let y_at = ((text * p.time + t) * p.heads + head) * HEAD_DIM;
  for (var i = 0u; i < HEAD_DIM; i++) { y[y_at + i] = read[i] / total; }
  sums[(text * p.time + t) * p.heads + head] = largest + log(total);
}
