// Attention step by step, 2: softmax of the scores (batch, heads, time, keys), in rows. shares (the same) are 0 where a key is not seen;
// sums (batch, time, heads): log Σ exp. A workgroup of 64 a row. Workgroups: queries × texts · heads.
#import "./params.wgsl"
@group(0) @binding(1) var<storage, read> scores: array<f32>;
@group(0) @binding(2) var<storage, read> position: array<u32>;
@group(0) @binding(3) var<storage, read_write> shares: array<f32>;
@group(0) @binding(4) var<storage, read_write> sums: array<f32>;

var<workgroup> parts: array<f32, 64>;

@compute @workgroup_size(64)
fn main(@builtin(local_invocation_index) local: u32, @builtin(workgroup_id) place: vec3u) {
  let t = place.x;
  var before = 0u;
  if (p.has_position == 1u) { before = position[0]; }
  let count = min(before + t + 1u, p.keys);
  let at = (place.y * p.time + t) * p.keys;
  var largest = -1e30;
  for (var s = local; s < count; s += 64u) { largest = max(largest, scores[at + s]); }
  parts[local] = largest;
  workgroupBarrier();
  for (var i = 0u; i < 64u; i++) { largest = max(largest, parts[i]); }
  workgroupBarrier();
  var total = 0.0;
  for (var s = local; s < count; s += 64u) { total += exp(max(scores[at + s] - largest, LOWEST)); }
  parts[local] = total;
  workgroupBarrier();
  total = 0.0;
  for (var i = 0u; i < 64u; i++) { total += parts[i]; }
  for (var s = local; s < p.keys; s += 64u) {
    shares[at + s] = select(0.0, exp(max(scores[at + s] - largest, LOWEST)) / total, s < count);
  }
  if (local == 0u) {
    sums[(place.y / p.heads * p.time + t) * p.heads + place.y % p.heads] = largest + log(total);
  }
}
