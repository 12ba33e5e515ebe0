// The selective scan, version 4 (`ahead`), pass 1: each chunk from a state of zeros to its end state, as chunk_state.wgsl does and
// with the same carry, but with inputs fetched ahead.
#import "ahead.wgsl"

@group(0) @binding(6) var<storage, read_write> carry: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(local_invocation_index) local: u32, @builtin(workgroup_id) group: vec3u) {
  let exists = group.x * 64u + local < p.channels;
  let d = min(group.x * 64u + local, p.channels - 1u);
  let b = group.z;
  let first = b * p.length + group.y * p.chunk;
  let last = b * p.length + min((group.y + 1u) * p.chunk, p.length);
  let A = A_tile(d, 0u);
  let bias = bias_of(d);

  var h: Tile;
  var product = Tile(vec4f(1.0), vec4f(1.0), vec4f(1.0), vec4f(1.0));
  var total = vec4f(0.0);
  var raw = delta8(first, last, d);
  var input = x8(first, last, d);
  bring(local, 0u, first, last);
  workgroupBarrier();
  var half = 0u;
  for (var t = first; t < last; t += AHEAD) {
    let s = ready(raw, bias, t, last);
    let u = Eight(s.a * input.a, s.b * input.b);
    raw = delta8(t + AHEAD, last, d);
    input = x8(t + AHEAD, last, d);
    bring(local, 1u - half, t + AHEAD, last);
    let at = half * AHEAD * BOTH;
    total += s.a + s.b;
    h = taken(h, A, s.a.x, u.a.x, at);
    h = taken(h, A, s.a.y, u.a.y, at + BOTH);
    h = taken(h, A, s.a.z, u.a.z, at + 2u * BOTH);
    h = taken(h, A, s.a.w, u.a.w, at + 3u * BOTH);
    h = taken(h, A, s.b.x, u.b.x, at + 4u * BOTH);
    h = taken(h, A, s.b.y, u.b.y, at + 5u * BOTH);
    h = taken(h, A, s.b.z, u.b.z, at + 6u * BOTH);
    h = taken(h, A, s.b.w, u.b.w, at + 7u * BOTH);
    if (RULE >= 2u) {
      for (var i = 0u; i < 4u; i++) {
        product.q0 *= decay(s.a[i] * A.q0) * decay(s.b[i] * A.q0);
        product.q1 *= decay(s.a[i] * A.q1) * decay(s.b[i] * A.q1);
        product.q2 *= decay(s.a[i] * A.q2) * decay(s.b[i] * A.q2);
        product.q3 *= decay(s.a[i] * A.q3) * decay(s.b[i] * A.q3);
      }
    }
    half = 1u - half;
    workgroupBarrier();
  }
  if (!exists) { return; }

  let row = ((b * p.chunks + group.y) * p.channels + d) * carry_width();
  store_tile(row, h);
  if (RULE >= 2u) { store_tile(row + p.states, product); }
  else {
    carry[row + p.states] = total.x + total.y + total.z + total.w;
    carry[row + p.states + 1u] = 1.0;
  }
}

fn store4(row: u32, n: u32, h: vec4f) {
  for (var i = 0u; i < 4u && n + i < p.states; i++) { carry[row + n + i] = h[i]; }
}

fn store_tile(row: u32, h: Tile) {
  store4(row, 0u, h.q0);
  if (QUADS > 1u) { store4(row, 4u, h.q1); }
  if (QUADS > 2u) { store4(row, 8u, h.q2); }
  if (QUADS > 3u) { store4(row, 12u, h.q3); }
}
