// Gradients of the keys, or where VALUES of the values, an invocation a key or value of a group: over all later queries of all heads
// of its group. made is laid out like k, or v. Workgroups: 64 keys × groups × texts.
#import "./params.wgsl"
@group(0) @binding(1) var<storage, read> q: array<f32>;
@group(0) @binding(2) var<storage, read> k: array<f32>;
@group(0) @binding(3) var<storage, read> v: array<f32>;
@group(0) @binding(4) var<storage, read> sums: array<f32>;
@group(0) @binding(5) var<storage, read> d_sums: array<f32>;
@group(0) @binding(6) var<storage, read> dy: array<f32>;
@group(0) @binding(7) var<storage, read_write> made: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let s = id.x;
  let group = id.y;
  let text = id.z;
  if (s >= p.keys) { return; }
  let k_at = (text * p.keys + s) * p.k_stride + p.k_first + group * HEAD_DIM;
  let v_at = (text * p.keys + s) * p.v_stride + p.v_first + group * HEAD_DIM;
  let shared_by = p.heads / p.kv_heads;

  var key: array<f32, HEAD_DIM>;
  var value: array<f32, HEAD_DIM>;
  var back: array<f32, HEAD_DIM>;
  for (var i = 0u; i < HEAD_DIM; i++) {
    key[i] = k[k_at + i] * p.scale;
    if (!VALUES) { value[i] = v[v_at + i]; }
  }
  for (var head = group * shared_by; head < (group + 1u) * shared_by; head++) {
    for (var t = s; t < p.time; t++) {
      let q_at = (text * p.time + t) * p.q_stride + p.q_first + head * HEAD_DIM;
      let row = (text * p.time + t) * p.heads + head;
      var score = 0.0;
      for (var i = 0u; i < HEAD_DIM; i++) { score += q[q_at + i] * key[i]; }
      let share = exp(max(score - sums[row], LOWEST));
      if (VALUES) {
        for (var i = 0u; i < HEAD_DIM; i++) { back[i] += share * dy[row * HEAD_DIM + i]; }
      } else {
        var gain = 0.0;
        for (var i = 0u; i < HEAD_DIM; i++) { gain += dy[row * HEAD_DIM + i] * value[i]; }
        let pull = share * (gain - d_sums[row]) * p.scale;
        for (var i = 0u; i < HEAD_DIM; i++) { back[i] += pull * q[q_at + i]; }
      }
    }
  }
  for (var i = 0u; i < HEAD_DIM; i++) {
    if (VALUES) { made[v_at + i] = back[i]; } else { made[k_at + i] = back[i]; }
  }
}
