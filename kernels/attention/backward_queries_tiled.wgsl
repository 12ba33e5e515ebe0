// Gradients of the queries in tiles. A workgroup has 64 queries of a head and 64 columns of their gradients, and walks over the keys that
// they see; an invocation the scores of queries 4 ty… with keys 4 tx…, each number of its matrices being a key with four queries, and
// the gradients of queries 4 ty… in columns 4 tx…. dq is laid out like q.
// Workgroups: heads × tiles of queries, the longest first × texts · BLOCKS.
#import "./backward_tile.wgsl"
@group(0) @binding(7) var<storage, read_write> dq: array<vec4f>;

@compute @workgroup_size(256)
fn main(
  @builtin(local_invocation_index) local: u32, @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u
) {
  let tx = local % 16u;
  let ty = local / 16u;
  let place = place_of(group.z / BLOCKS, group.x);
  let column = group.z % BLOCKS * TILE;
  let first = (groups.y - 1u - group.y) * TILE;
  let t = first + 4u * ty;
  let sum = sums_of(place, t);
  let d = through_of(place, t);

  var made = mat4x4f();
  for (var start = 0u; start < min(first + TILE, p.keys); start += TILE) {
    var scores = mat4x4f();
    var gains = mat4x4f();
    for (var c = 0u; c < HEAD_DIM; c += SLICE) {
      workgroupBarrier();
      bring(local, place, first, start, c);
      workgroupBarrier();
      for (var i = 0u; i < SLICE; i++) {
        scores += outer(slices[2u * PART + i * 16u + tx], slices[i * 16u + ty]);
        gains += outer(slices[3u * PART + i * 16u + tx], slices[PART + i * 16u + ty]);
      }
    }
    let s = start + 4u * tx;
    let a = column_of(scores[0], gains[0], sum, d, t, s).pull;
    let b = column_of(scores[1], gains[1], sum, d, t, s + 1u).pull;
    let c = column_of(scores[2], gains[2], sum, d, t, s + 2u).pull;
    let e = column_of(scores[3], gains[3], sum, d, t, s + 3u).pull;
    for (var part = 0u; part < 4u; part++) {
      workgroupBarrier();
      if (tx / 4u == part) {
        let to = 4u * (tx % 4u) * 16u + ty;
        slices[to] = a;
        slices[to + 16u] = b;
        slices[to + 32u] = c;
        slices[to + 48u] = e;
      }
      slices[PART + local] = k_quad(place, start + part * SLICE + local / 16u, column + 4u * tx);
      workgroupBarrier();
      for (var i = 0u; i < SLICE; i++) {
        made += outer(slices[i * 16u + ty], slices[PART + i * 16u + tx]);
      }
    }
  }
  let to = column + 4u * tx;
  for (var r = 0u; r < 4u; r++) {
    if (t + r < p.time && to < HEAD_DIM) { dq[(place.q_at + (t + r) * p.q_stride + to) / 4u] = made[r]; }
  }
}
