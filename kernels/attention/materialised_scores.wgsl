// Attention step by step, 1: q kᵀ · scale, (batch, heads, time, keys) in memory; UNSEEN where a query does not see a key. An invocation a
// score. Layout of q and k as in params.wgsl. Workgroups: 64 keys × queries × texts · heads.
#import "./params.wgsl"
@group(0) @binding(1) var<storage, read> q: array<f32>;
@group(0) @binding(2) var<storage, read> k: array<f32>;
@group(0) @binding(3) var<storage, read> position: array<u32>;
@group(0) @binding(4) var<storage, read_write> scores: array<f32>;

const UNSEEN = -1e30;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let s = id.x;
  let t = id.y;
  let text = id.z / p.heads;
  let head = id.z % p.heads;
  if (s >= p.keys) { return; }
  var before = 0u;
  if (p.has_position == 1u) { before = position[0]; }
  var score = UNSEEN;
  if (s <= before + t) {
    let q_at = (text * p.time + t) * p.q_stride + p.q_first + head * HEAD_DIM;
    let k_at = (text * p.keys + s) * p.k_stride + p.k_first + head * p.kv_heads / p.heads * HEAD_DIM;
    score = 0.0;
    for (var i = 0u; i < HEAD_DIM; i++) { score += q[q_at + i] * k[k_at + i]; }
    score *= p.scale;
  }
  scores[(id.z * p.time + t) * p.keys + s] = score;
}
