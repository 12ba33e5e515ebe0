// Gradients of the keys and values in tiles. A workgroup has 64 keys of a group and 64 columns of their gradients, and walks over the
// queries of all heads of the group that see them; an invocation the scores of queries 4 ty… with keys 4 tx…, each number of its
// matrices being a query with four keys, and the gradients of keys 4 ty… in columns 4 tx…. dk is laid out like k, dv like v.
// Workgroups: groups × tiles of keys × texts · BLOCKS.
#import "./backward_tile.wgsl"

@compute @workgroup_size(256)
fn main(@builtin(local_invocation_index) local: u32, @builtin(workgroup_id) group: vec3u) {
  let tx = local % 16u;
  let ty = local / 16u;
  let text = group.z / BLOCKS;
  let column = group.z % BLOCKS * TILE;
  let start = group.y * TILE;
  let s = start + 4u * tx;
  let shared_by = p.heads / p.kv_heads;

  var dk = mat4x4f();
  var dv = mat4x4f();
  for (var head = group.x * shared_by; head < (group.x + 1u) * shared_by; head++) {
    let place = place_of(text, head);
    for (var first = start; first < p.time; first += TILE) {
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
      let t = first + 4u * ty;
      let sum = sums_of(place, t);
      let d = through_of(place, t);
      let a = column_of(scores[0], gains[0], sum, d, t, s);
      let b = column_of(scores[1], gains[1], sum, d, t, s + 1u);
      let c = column_of(scores[2], gains[2], sum, d, t, s + 2u);
      let e = column_of(scores[3], gains[3], sum, d, t, s + 3u);
      let shares = transpose(mat4x4f(a.share, b.share, c.share, e.share));
      let pulls = transpose(mat4x4f(a.pull, b.pull, c.pull, e.pull));
      for (var part = 0u; part < 4u; part++) {
        workgroupBarrier();
        if (ty / 4u == part) {
          let to = 4u * (ty % 4u) * 16u + tx;
          for (var r = 0u; r < 4u; r++) {
            slices[to + 16u * r] = shares[r];
            slices[PART + to + 16u * r] = pulls[r];
          }
        }
        let row = first + part * SLICE + ty;
        slices[2u * PART + local] = dy_quad(place, row, column + 4u * tx);
        slices[3u * PART + local] = q_quad(place, row, column + 4u * tx);
        workgroupBarrier();
        for (var i = 0u; i < SLICE; i++) {
          dv += outer(slices[i * 16u + ty], slices[2u * PART + i * 16u + tx]);
          dk += outer(slices[PART + i * 16u + ty], slices[3u * PART + i * 16u + tx]);
        }
      }
    }
  }
  let place = place_of(text, group.x * shared_by);
  let c = column + 4u * tx;
  for (var r = 0u; r < 4u; r++) {
    let key = start + 4u * ty + r;
    if (key < p.keys && c < HEAD_DIM) {
      put_dk((place.k_at + key * p.k_stride + c) / 4u, dk[r]);
      put_dv((place.v_at + key * p.v_stride + c) / 4u, dv[r]);
    }
  }
}
