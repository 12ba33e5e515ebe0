// Causal attention in tiles of 64 queries × 64 keys (FlashAttention-2, Dao 2023): no score leaves the chip. q, k, v as in params.wgsl,
// in quads; y (batch, time, heads · HEAD_DIM), sums (batch, time, heads): log Σ exp of the scores. A workgroup of 16 × 16 invocations
// has 64 queries of a head; invocation (across, down) has queries down + 16 i, and of their scores the keys 4 across + j, of their
// output the quads across + 16 b. Tiles above the diagonal are never visited. On chip, 16 KB in turns: slices of 32 columns of Q and
// K; the rows' largest scores; 32 keys of shares and of 64 columns of V. Quads lie XORed with their row, so that neither writing nor
// reading meets a bank twice. BLOCKS: how many 64 columns a head has, 1 or 2. Workgroups: 64 queries × heads × texts.
#import "./params.wgsl"
@group(0) @binding(1) var<storage, read> q: array<vec4f>;
@group(0) @binding(2) var<storage, read> k: array<vec4f>;
@group(0) @binding(3) var<storage, read> v: array<vec4f>;
@group(0) @binding(4) var<storage, read_write> y: array<vec4f>;
@group(0) @binding(5) var<storage, read_write> sums: array<f32>;

const QUADS = HEAD_DIM / 4u;
// The score of a key that a query does not see.
const UNSEEN = -1e30;

var<workgroup> left: array<vec4f, 512>;
var<workgroup> right: array<vec4f, 512>;

fn shrink(score: vec4f, largest: f32) -> vec4f { return exp(max(score - largest, vec4f(LOWEST))); }

@compute @workgroup_size(16, 16)
fn main(
  @builtin(local_invocation_id) local: vec3u, @builtin(local_invocation_index) lane: u32,
  @builtin(workgroup_id) place: vec3u, @builtin(num_workgroups) places: vec3u
) {
  let across = local.x;
  let down = local.y;
  // The longest rows go first.
  let tile = places.x - 1u - place.x;
  let first = tile * 64u;
  let head = place.y;
  let text = place.z;
  let group = head * p.kv_heads / p.heads;
  let q_stride = p.q_stride / 4u;
  let k_stride = p.k_stride / 4u;
  let v_stride = p.v_stride / 4u;
  let q_at = text * p.time * q_stride + p.q_first / 4u + head * QUADS;
  let k_at = text * p.keys * k_stride + p.k_first / 4u + group * QUADS;
  let v_at = text * p.keys * v_stride + p.v_first / 4u + group * QUADS;

  var y0: array<vec4f, BLOCKS>;
  var y1: array<vec4f, BLOCKS>;
  var y2: array<vec4f, BLOCKS>;
  var y3: array<vec4f, BLOCKS>;
  var largest = vec4f(UNSEEN);
  // This invocation's part of each row's sum.
  var total = vec4f(0.0);

  for (var keys = 0u; keys <= first; keys += 64u) {
    var s0 = vec4f(0.0);
    var s1 = vec4f(0.0);
    var s2 = vec4f(0.0);
    var s3 = vec4f(0.0);
    for (var slice = 0u; slice < QUADS; slice += 8u) {
      workgroupBarrier();
      for (var i = lane; i < 512u; i += 256u) {
        let quad = i % 8u;
        let row = i / 8u;
        var a = vec4f(0.0);
        var b = vec4f(0.0);
        if (slice + quad < QUADS) {
          if (first + row < p.time) { a = q[q_at + (first + row) * q_stride + slice + quad] * p.scale; }
          if (keys + row < p.keys) { b = k[k_at + (keys + row) * k_stride + slice + quad]; }
        }
        left[quad * 64u + (row ^ quad)] = a;
        right[quad * 64u + ((row % 4u * 16u + row / 4u) ^ quad)] = b;
      }
      workgroupBarrier();
      for (var quad = 0u; quad < 8u; quad++) {
        let a = quad * 64u + (down ^ quad);
        let b = quad * 64u + (across ^ quad);
        let k0 = right[b];
        let k1 = right[b + 16u];
        let k2 = right[b + 32u];
        let k3 = right[b + 48u];
        let x = vec4f(k0.x, k1.x, k2.x, k3.x);
        let y = vec4f(k0.y, k1.y, k2.y, k3.y);
        let z = vec4f(k0.z, k1.z, k2.z, k3.z);
        let w = vec4f(k0.w, k1.w, k2.w, k3.w);
        let q0 = left[a];
        let q1 = left[a + 16u];
        let q2 = left[a + 32u];
        let q3 = left[a + 48u];
        s0 = fma(vec4f(q0.w), w, fma(vec4f(q0.z), z, fma(vec4f(q0.y), y, fma(vec4f(q0.x), x, s0))));
        s1 = fma(vec4f(q1.w), w, fma(vec4f(q1.z), z, fma(vec4f(q1.y), y, fma(vec4f(q1.x), x, s1))));
        s2 = fma(vec4f(q2.w), w, fma(vec4f(q2.z), z, fma(vec4f(q2.y), y, fma(vec4f(q2.x), x, s2))));
        s3 = fma(vec4f(q3.w), w, fma(vec4f(q3.z), z, fma(vec4f(q3.y), y, fma(vec4f(q3.x), x, s3))));
      }
    }
    if (keys == first) {
      let key = vec4u(0u, 1u, 2u, 3u) + 4u * across;
      s0 = select(s0, vec4f(UNSEEN), key > vec4u(down));
      s1 = select(s1, vec4f(UNSEEN), key > vec4u(down + 16u));
      s2 = select(s2, vec4f(UNSEEN), key > vec4u(down + 32u));
      s3 = select(s3, vec4f(UNSEEN), key > vec4u(down + 48u));
    }

    // The largest score of each row, over the 16 invocations that share it.
    var top = max(
      max(vec4f(s0.x, s1.x, s2.x, s3.x), vec4f(s0.y, s1.y, s2.y, s3.y)),
      max(vec4f(s0.z, s1.z, s2.z, s3.z), vec4f(s0.w, s1.w, s2.w, s3.w)));
    workgroupBarrier();
    left[down * 16u + (across ^ (down % 8u))] = top;
    workgroupBarrier();
    top = largest;
    for (var i = 0u; i < 16u; i++) { top = max(top, left[down * 16u + (i ^ (down % 8u))]); }
    let keep = exp(max(largest - top, vec4f(LOWEST)));
    largest = top;
    // A masked share is exactly nothing.
    s0 = select(shrink(s0, top.x), vec4f(0.0), s0 == vec4f(UNSEEN));
    s1 = select(shrink(s1, top.y), vec4f(0.0), s1 == vec4f(UNSEEN));
    s2 = select(shrink(s2, top.z), vec4f(0.0), s2 == vec4f(UNSEEN));
    s3 = select(shrink(s3, top.w), vec4f(0.0), s3 == vec4f(UNSEEN));
    let one = vec4f(1.0);
    total = total * keep + vec4f(dot(s0, one), dot(s1, one), dot(s2, one), dot(s3, one));
    for (var b = 0u; b < BLOCKS; b++) {
      y0[b] *= keep.x;
      y1[b] *= keep.y;
      y2[b] *= keep.z;
      y3[b] *= keep.w;
    }

    for (var half = 0u; half < 2u; half++) {
      for (var block = 0u; block < BLOCKS; block++) {
        workgroupBarrier();
        if (block == 0u && across / 8u == half) {
          let quad = across % 8u;
          let at = quad * 64u + (down ^ quad);
          left[at] = s0;
          left[at + 16u] = s1;
          left[at + 32u] = s2;
          left[at + 48u] = s3;
        }
        for (var i = lane; i < 512u; i += 256u) {
          let row = keys + half * 32u + i / 16u;
          let column = block * 16u + i % 16u;
          var b = vec4f(0.0);
          if (row < p.keys && column < QUADS) { b = v[v_at + row * v_stride + column]; }
          right[i] = b;
        }
        workgroupBarrier();
        var a0 = y0[block];
        var a1 = y1[block];
        var a2 = y2[block];
        var a3 = y3[block];
        for (var quad = 0u; quad < 8u; quad++) {
          let at = quad * 64u + (down ^ quad);
          let b = quad * 64u + across;
          let x = right[b];
          let y = right[b + 16u];
          let z = right[b + 32u];
          let w = right[b + 48u];
          let p0 = left[at];
          let p1 = left[at + 16u];
          let p2 = left[at + 32u];
          let p3 = left[at + 48u];
          a0 = fma(vec4f(p0.w), w, fma(vec4f(p0.z), z, fma(vec4f(p0.y), y, fma(vec4f(p0.x), x, a0))));
          a1 = fma(vec4f(p1.w), w, fma(vec4f(p1.z), z, fma(vec4f(p1.y), y, fma(vec4f(p1.x), x, a1))));
          a2 = fma(vec4f(p2.w), w, fma(vec4f(p2.z), z, fma(vec4f(p2.y), y, fma(vec4f(p2.x), x, a2))));
          a3 = fma(vec4f(p3.w), w, fma(vec4f(p3.z), z, fma(vec4f(p3.y), y, fma(vec4f(p3.x), x, a3))));
        }
        y0[block] = a0;
        y1[block] = a1;
        y2[block] = a2;
        y3[block] = a3;
      }
    }
  }

  workgroupBarrier();
  left[down * 16u + (across ^ (down % 8u))] = total;
  workgroupBarrier();
  total = vec4f(0.0);
  for (var i = 0u; i < 16u; i++) { total += left[down * 16u + (i ^ (down % 8u))]; }
  for (var i = 0u; i < 4u; i++) {
    let t = first + down + 16u * i;
    if (t >= p.time) { break; }
    let row = (text * p.time + t) * p.heads + head;
    for (var b = 0u; b < BLOCKS; b++) {
      let column = b * 16u + across;
      if (column >= QUADS) { break; }
      var read = y0[b];
      if (i == 1u) { read = y1[b]; }
      if (i == 2u) { read = y2[b]; }
      if (i == 3u) { read = y3[b]; }
      y[row * QUADS + column] = read / total[i];
    }
    if (across == 0u) { sums[row] = largest[i] + log(total[i]); }
  }
}
