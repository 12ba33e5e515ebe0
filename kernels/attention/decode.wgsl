// Attention of one new token: q (batch, 1, q_stride) against up to SPAN keys. position (1): tokens in the cache before it, read here, so
// that several tokens go in one submission. A workgroup of 128 has a head and a span of keys: scores, an invocation a key; their
// largest and the sum of the shares; the values, an invocation four columns of every so many-th key. With one span y is (batch, 1,
// heads · HEAD_DIM) and sums (batch, 1, heads); with several (SPLIT) both have the spans in the place of the 1, for join.wgsl.
// Workgroups: spans × heads × texts. On chip: the scores, 4 KB, and 2 KB of sums.
#import "./params.wgsl"
@group(0) @binding(4) var<storage, read> position: array<u32>;
@group(0) @binding(6) var<storage, read_write> sums: array<f32>;

const SPAN = 1024u;
const QUADS = (HEAD_DIM + 3u) / 4u;
// Keys that are added up side by side.
const LANES = max(128u / QUADS, 1u);

var<workgroup> shares: array<f32, SPAN>;
var<workgroup> parts: array<vec4f, 128>;
var<workgroup> query: array<vec4f, QUADS>;

@compute @workgroup_size(128)
fn main(
  @builtin(local_invocation_index) local: u32, @builtin(workgroup_id) place: vec3u,
  @builtin(num_workgroups) places: vec3u
) {
  let head = place.y;
  let text = place.z;
  let group = head * p.kv_heads / p.heads;
  var before = 0u;
  if (p.has_position == 1u) { before = position[0]; }
  let all = min(before + 1u, p.keys);
  let first = place.x * SPAN;
  let count = min(all - min(first, all), SPAN);
  let row = (text * places.x + place.x) * p.heads + head;
  let k_at = (text * p.keys + first) * p.k_stride + p.k_first + group * HEAD_DIM;
  let v_at = (text * p.keys + first) * p.v_stride + p.v_first + group * HEAD_DIM;

  for (var i = local; i < QUADS; i += 128u) {
    query[i] = p.scale * q_quad(text * p.q_stride + p.q_first + head * HEAD_DIM + 4u * i, HEAD_DIM - 4u * i);
  }
  workgroupBarrier();
  var largest = -1e30;
  for (var s = local; s < count; s += 128u) {
    var score = 0.0;
    for (var i = 0u; i < QUADS; i++) {
      score += dot(query[i], k_quad(k_at + s * p.k_stride + 4u * i, HEAD_DIM - 4u * i));
    }
    shares[s] = score;
    largest = max(largest, score);
  }
  parts[local].x = largest;
  workgroupBarrier();
  for (var i = 0u; i < 128u; i++) { largest = max(largest, parts[i].x); }
  var total = 0.0;
  for (var s = local; s < count; s += 128u) {
    let share = exp(max(shares[s] - largest, LOWEST));
    shares[s] = share;
    total += share;
  }
  workgroupBarrier();
  parts[local].x = total;
  workgroupBarrier();
  total = 0.0;
  for (var i = 0u; i < 128u; i++) { total += parts[i].x; }
  workgroupBarrier();
  // Heads of more than 512 take the columns in several rounds.
  for (var round = 0u; round < QUADS; round += 128u) {
    let width = min(QUADS - round, 128u);
    let quad = round + local % width;
    var read = vec4f();
    if (local < width * LANES) {
      for (var s = local / width; s < count; s += LANES) {
        read += shares[s] * v_quad(v_at + s * p.v_stride + 4u * quad, HEAD_DIM - 4u * quad);
      }
    }
    parts[local] = read;
    workgroupBarrier();
    if (local < width) {
      for (var lane = 1u; lane < LANES; lane++) { read += parts[lane * width + local]; }
      // A span without keys is empty: nothing, and a sum that weighs nothing.
      put_y(row * HEAD_DIM + 4u * quad, HEAD_DIM - 4u * quad, read / max(total, 1e-30));
    }
    workgroupBarrier();
  }
  if (local == 0u) { sums[row] = select(-1e30, largest + log(max(total, 1e-30)), count > 0u); }
}
