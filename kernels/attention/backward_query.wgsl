// Gradients of the queries, an invocation a query: shares are made again from the sums. With g = dy · v − dy · y, the gradient of a
// score is its share times g. d_sums (batch, time, heads) takes dy · y for the keys' turn. Workgroups: 64 queries × heads × texts.
#import "./params.wgsl"
@group(0) @binding(1) var<storage, read> q: array<f32>;
@group(0) @binding(2) var<storage, read> k: array<f32>;
@group(0) @binding(3) var<storage, read> v: array<f32>;
@group(0) @binding(4) var<storage, read> sums: array<f32>;
@group(0) @binding(5) var<storage, read> y: array<f32>;
@group(0) @binding(6) var<storage, read> dy: array<f32>;
@group(0) @binding(7) var<storage, read_write> dq: array<f32>;
@group(0) @binding(8) var<storage, read_write> d_sums: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let t = id.x;
  let head = id.y;
  let text = id.z;
  if (t >= p.time) { return; }
  let group = head * p.kv_heads / p.heads;
  let q_at = (text * p.time + t) * p.q_stride + p.q_first + head * HEAD_DIM;
  let row = (text * p.time + t) * p.heads + head;

  var query: array<f32, HEAD_DIM>;
  var above: array<f32, HEAD_DIM>;
  var back: array<f32, HEAD_DIM>;
  var through = 0.0;
  for (var i = 0u; i < HEAD_DIM; i++) {
    query[i] = q[q_at + i] * p.scale;
    above[i] = dy[row * HEAD_DIM + i];
    through += above[i] * y[row * HEAD_DIM + i];
  }
  let sum = sums[row];
  for (var s = 0u; s <= t; s++) {
    let k_at = (text * p.keys + s) * p.k_stride + p.k_first + group * HEAD_DIM;
    let v_at = (text * p.keys + s) * p.v_stride + p.v_first + group * HEAD_DIM;
    var score = 0.0;
    var gain = 0.0;
    for (var i = 0u; i < HEAD_DIM; i++) {
      score += query[i] * k[k_at + i];
      gain += above[i] * v[v_at + i];
    }
    let pull = exp(max(score - sum, LOWEST)) * (gain - through) * p.scale;
    for (var i = 0u; i < HEAD_DIM; i++) { back[i] += pull * k[k_at + i]; }
  }
  for (var i = 0u; i < HEAD_DIM; i++) { dq[q_at + i] = back[i]; }
  d_sums[row] = through;
}
