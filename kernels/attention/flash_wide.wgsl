// Causal attention in tiles (FlashAttention-2, Dao 2023): no score leaves the chip. Layout of q, k, v, y as in params.wgsl; position (1):
// tokens in the cache before these; sums (batch, time, heads): log Σ exp of the scores. A workgroup of 8 × ROWS invocations has 8 · ROWS
// queries of a head and 64 columns of their output (BLOCKS: how many times 64 a head has); at a time it takes 32 · KEY_QUADS keys.
// An invocation (tx, ty) keeps in registers the scores of queries 4 ty…, 4 (ROWS + ty)… with keys 4 tx…, 32 + 4 tx…, and the output of
// these queries in columns 4 tx…, 32 + 4 tx…: a column of a matrix is a key or a column, its numbers are four queries. Through
// workgroup memory go, in turns: slices of 16 columns of queries and keys, turned, so that four rows lie in a quad; the rows'
// largest scores; shares (their quads XORed with the key's, against conflicts between banks) beside the values.
// Workgroups: heads × tiles of queries, the longest first × texts · BLOCKS.
#import "./params.wgsl"
@group(0) @binding(4) var<storage, read> position: array<u32>;
@group(0) @binding(6) var<storage, read_write> sums: array<f32>;

// The score of a key that a query does not see.
const UNSEEN = -1e30;
const LOG2E = 1.4426950408889634;
const LN2 = 0.6931471805599453;
const STEP = 16u;
const THREADS = 8u * ROWS;
const QUERIES = 8u * ROWS;
const ROW_QUADS = 2u * ROWS;
const KEYS = 32u * KEY_QUADS;
// Quads from one column of a slice to the next.
const Q_PITCH = ROW_QUADS + 1u;
const K_PITCH = 8u * KEY_QUADS + 1u;
const K_AT = STEP * Q_PITCH;
const V_AT = KEYS * ROW_QUADS;

var<workgroup> tile: array<vec4f, KEYS * (ROW_QUADS + 16u)>;

fn outer(b: vec4f, a: vec4f) -> mat4x4f { return mat4x4f(b.x * a, b.y * a, b.z * a, b.w * a); }
fn top(s: mat4x4f) -> vec4f { return max(max(s[0], s[1]), max(s[2], s[3])); }
fn total(s: mat4x4f) -> vec4f { return (s[0] + s[1]) + (s[2] + s[3]); }
fn times(s: mat4x4f, by: vec4f) -> mat4x4f { return mat4x4f(s[0] * by, s[1] * by, s[2] * by, s[3] * by); }
fn power(x: vec4f) -> vec4f { return exp2(max(x, vec4f(-126.0))); }
fn shares(s: mat4x4f, m: vec4f) -> mat4x4f {
  return mat4x4f(power(s[0] - m), power(s[1] - m), power(s[2] - m), power(s[3] - m));
}
/// The scores of keys from `key` on, where queries see keys up to `seen`.
fn masked(s: mat4x4f, seen: vec4u, key: u32) -> mat4x4f {
  let none = vec4f(UNSEEN);
  return mat4x4f(
    select(none, s[0], seen >= vec4u(key)), select(none, s[1], seen >= vec4u(key + 1u)),
    select(none, s[2], seen >= vec4u(key + 2u)), select(none, s[3], seen >= vec4u(key + 3u)));
}
/// Numbers of a head that a quad from column c on has.
fn valid(c: u32, inside: bool) -> u32 { return select(0u, HEAD_DIM - min(c, HEAD_DIM), inside); }

@compute @workgroup_size(THREADS)
fn main(
  @builtin(local_invocation_index) local: u32, @builtin(workgroup_id) place: vec3u,
  @builtin(num_workgroups) places: vec3u
) {
  let tx = local % 8u;
  let ty = local / 8u;
  let first = (places.y - 1u - place.y) * QUERIES;
  let head = place.x;
  let text = place.z / BLOCKS;
  let column = place.z % BLOCKS * 64u;
  let group = head * p.kv_heads / p.heads;
  let q_at = text * p.time * p.q_stride + p.q_first + head * HEAD_DIM;
  let k_at = text * p.keys * p.k_stride + p.k_first + group * HEAD_DIM;
  let v_at = text * p.keys * p.v_stride + p.v_first + group * HEAD_DIM;
  let factor = p.scale * LOG2E;
  var before = 0u;
  if (p.has_position == 1u) { before = position[0]; }
  let seen0 = min(vec4u(before + first + 4u * ty) + vec4u(0u, 1u, 2u, 3u), vec4u(p.keys - 1u));
  let seen1 = min(vec4u(before + first + 4u * (ROWS + ty)) + vec4u(0u, 1u, 2u, 3u), vec4u(p.keys - 1u));
  let end = min(before + min(first + QUERIES, p.time), p.keys);

  var o00 = mat4x4f(); var o01 = mat4x4f(); var o10 = mat4x4f(); var o11 = mat4x4f();
  var m0 = vec4f(UNSEEN); var m1 = vec4f(UNSEEN);
  // This invocation's part of the rows' sums.
  var l0 = vec4f(); var l1 = vec4f();
  for (var start = 0u; start < end; start += KEYS) {
    var s00 = mat4x4f(); var s01 = mat4x4f(); var s10 = mat4x4f(); var s11 = mat4x4f();
    for (var done = 0u; done < HEAD_DIM; done += STEP) {
      let c = done + 4u * (local % 4u);
      let quad = local / 4u;
      workgroupBarrier();
      {
        var block = mat4x4f();
        for (var r = 0u; r < 4u; r++) {
          let t = first + 4u * quad + r;
          block[r] = factor * q_quad(q_at + t * p.q_stride + c, valid(c, t < p.time));
        }
        block = transpose(block);
        let to = 4u * (local % 4u) * Q_PITCH + quad;
        for (var i = 0u; i < 4u; i++) { tile[to + i * Q_PITCH] = block[i]; }
      }
      if (local < KEYS) {
        var block = mat4x4f();
        for (var r = 0u; r < 4u; r++) {
          let s = start + 4u * quad + r;
          block[r] = k_quad(k_at + s * p.k_stride + c, valid(c, s < p.keys));
        }
        block = transpose(block);
        let to = K_AT + 4u * (local % 4u) * K_PITCH + quad;
        for (var i = 0u; i < 4u; i++) { tile[to + i * K_PITCH] = block[i]; }
      }
      workgroupBarrier();
      for (var i = 0u; i < STEP; i++) {
        let a0 = tile[i * Q_PITCH + ty];
        let a1 = tile[i * Q_PITCH + ROWS + ty];
        let b0 = tile[K_AT + i * K_PITCH + tx];
        s00 += outer(b0, a0); s10 += outer(b0, a1);
        if (KEY_QUADS > 1u) {
          let b1 = tile[K_AT + i * K_PITCH + 8u + tx];
          s01 += outer(b1, a0); s11 += outer(b1, a1);
        }
      }
    }
    if (start + KEYS > min(before + first, p.keys)) {
      s00 = masked(s00, seen0, start + 4u * tx);
      s10 = masked(s10, seen1, start + 4u * tx);
      s01 = masked(s01, seen0, start + 32u + 4u * tx);
      s11 = masked(s11, seen1, start + 32u + 4u * tx);
    }

    var t0 = top(s00); var t1 = top(s10);
    if (KEY_QUADS > 1u) { t0 = max(t0, top(s01)); t1 = max(t1, top(s11)); }
    workgroupBarrier();
    tile[tx * ROW_QUADS + (ty ^ tx)] = t0;
    tile[tx * ROW_QUADS + ROWS + (ty ^ tx)] = t1;
    for (var i = local; i < KEYS * 16u; i += THREADS) {
      let s = start + i / 16u;
      let c = column + 4u * (i % 16u);
      tile[V_AT + i] = v_quad(v_at + s * p.v_stride + c, valid(c, s < p.keys));
    }
    workgroupBarrier();
    t0 = m0; t1 = m1;
    for (var x = 0u; x < 8u; x++) {
      t0 = max(t0, tile[x * ROW_QUADS + (ty ^ x)]);
      t1 = max(t1, tile[x * ROW_QUADS + ROWS + (ty ^ x)]);
    }
    let keep0 = power(m0 - t0); let keep1 = power(m1 - t1);
    m0 = t0; m1 = t1;
    o00 = times(o00, keep0); o01 = times(o01, keep0); o10 = times(o10, keep1); o11 = times(o11, keep1);
    s00 = shares(s00, m0); s10 = shares(s10, m1);
    l0 = l0 * keep0 + total(s00);
    l1 = l1 * keep1 + total(s10);
    if (KEY_QUADS > 1u) {
      s01 = shares(s01, m0); s11 = shares(s11, m1);
      l0 += total(s01); l1 += total(s11);
    }
    workgroupBarrier();
    for (var i = 0u; i < 4u; i++) {
      let to = (4u * tx + i) * ROW_QUADS + (ty ^ tx);
      tile[to] = s00[i]; tile[to + ROWS] = s10[i];
      if (KEY_QUADS > 1u) { tile[to + 32u * ROW_QUADS] = s01[i]; tile[to + 32u * ROW_QUADS + ROWS] = s11[i]; }
    }
    workgroupBarrier();
    for (var i = 0u; i < KEYS; i++) {
      let row = ty ^ (i / 4u % 8u);
      let a0 = tile[i * ROW_QUADS + row];
      let a1 = tile[i * ROW_QUADS + ROWS + row];
      let b0 = tile[V_AT + i * 16u + tx];
      let b1 = tile[V_AT + i * 16u + 8u + tx];
      o00 += outer(b0, a0); o10 += outer(b0, a1);
      o01 += outer(b1, a0); o11 += outer(b1, a1);
    }
  }

  workgroupBarrier();
  tile[tx * ROW_QUADS + ty] = l0; tile[tx * ROW_QUADS + ROWS + ty] = l1;
  workgroupBarrier();
  l0 = vec4f(); l1 = vec4f();
  for (var x = 0u; x < 8u; x++) { l0 += tile[x * ROW_QUADS + ty]; l1 += tile[x * ROW_QUADS + ROWS + ty]; }
  // A loop, since four copies of what follows take their time to compile.
  for (var part = 0u; part < 4u; part++) {
    var o = o00;
    switch part { case 1u: { o = o01; } case 2u: { o = o10; } case 3u: { o = o11; } default: {} }
    let lower = part > 1u;
    let l = select(l0, l1, lower);
    let m = select(m0, m1, lower);
    o = transpose(times(o, 1.0 / l));
    let c = column + 4u * tx + 32u * (part % 2u);
    for (var r = 0u; r < 4u; r++) {
      let t = first + 4u * ty + r + select(0u, 4u * ROWS, lower);
      if (t >= p.time || c >= HEAD_DIM) { continue; }
      let row = (text * p.time + t) * p.heads + head;
      put_y(row * HEAD_DIM + c, HEAD_DIM - c, o[r]);
      if (c == 0u) { sums[row] = (m[r] + log2(l[r])) * LN2; }
    }
  }
}
