// Attention step by step, 3: the values, each by its share. shares (batch, heads, time, keys), v as in params.wgsl, y (batch, time,
// heads · HEAD_DIM). An invocation a number of y. Workgroups: 64 columns × queries × texts.
#import "./params.wgsl"
@group(0) @binding(1) var<storage, read> shares: array<f32>;
@group(0) @binding(2) var<storage, read> v: array<f32>;
@group(0) @binding(3) var<storage, read> position: array<u32>;
@group(0) @binding(4) var<storage, read_write> y: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let t = id.y;
  let head = id.x / HEAD_DIM;
  if (head >= p.heads) { return; }
  var before = 0u;
  if (p.has_position == 1u) { before = position[0]; }
  let count = min(before + t + 1u, p.keys);
  let at = ((id.z * p.heads + head) * p.time + t) * p.keys;
  let v_at = id.z * p.keys * p.v_stride + p.v_first + head * p.kv_heads / p.heads * HEAD_DIM + id.x % HEAD_DIM;
  var read = 0.0;
  for (var s = 0u; s < count; s++) { read += shares[at + s] * v[v_at + s * p.v_stride]; }
  y[(id.z * p.time + t) * p.heads * HEAD_DIM + id.x] = read;
}
