// The selective scan, version 4 (`ahead`), pass 3: every chunk again, from its true incoming state, with outputs, as
// chunk_final.wgsl does, but with inputs fetched ahead.
//
// z (batch, L, z_width) from column z_from on, or no gate where z_width is 0; out (batch, L, out_width).
#import "ahead.wgsl"
#import "../lib/silu.wgsl"

@group(0) @binding(6) var<storage, read> z: array<f32>;
@group(0) @binding(7) var<storage, read_write> out: array<f32>;
@group(0) @binding(8) var<storage, read> carry: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(local_invocation_index) local: u32, @builtin(workgroup_id) group: vec3u) {
  let exists = group.x * 64u + local < p.channels;
  let d = min(group.x * 64u + local, p.channels - 1u);
  let b = group.z;
  let first = b * p.length + group.y * p.chunk;
  let last = b * p.length + min((group.y + 1u) * p.chunk, p.length);
  let A = A_tile(d, 0u);
  let bias = bias_of(d);
  let D_skip = skip(d);

  var h = load_tile(((b * p.chunks + group.y) * p.channels + d) * carry_width());
  var raw = delta8(first, last, d);
  var input = x8(first, last, d);
  var gate = z8(first, last, d);
  bring(local, 0u, first, last);
  workgroupBarrier();
  var half = 0u;
  for (var t = first; t < last; t += AHEAD) {
    let s = ready(raw, bias, t, last);
    let x_t = input;
    let z_t = gate;
    let u = Eight(s.a * x_t.a, s.b * x_t.b);
    raw = delta8(t + AHEAD, last, d);
    input = x8(t + AHEAD, last, d);
    gate = z8(t + AHEAD, last, d);
    bring(local, 1u - half, t + AHEAD, last);
    let at = half * AHEAD * BOTH;
    var y: Eight;
    h = taken(h, A, s.a.x, u.a.x, at);             y.a.x = read_out(h, at);
    h = taken(h, A, s.a.y, u.a.y, at + BOTH);      y.a.y = read_out(h, at + BOTH);
    h = taken(h, A, s.a.z, u.a.z, at + 2u * BOTH); y.a.z = read_out(h, at + 2u * BOTH);
    h = taken(h, A, s.a.w, u.a.w, at + 3u * BOTH); y.a.w = read_out(h, at + 3u * BOTH);
    h = taken(h, A, s.b.x, u.b.x, at + 4u * BOTH); y.b.x = read_out(h, at + 4u * BOTH);
    h = taken(h, A, s.b.y, u.b.y, at + 5u * BOTH); y.b.y = read_out(h, at + 5u * BOTH);
    h = taken(h, A, s.b.z, u.b.z, at + 6u * BOTH); y.b.z = read_out(h, at + 6u * BOTH);
    h = taken(h, A, s.b.w, u.b.w, at + 7u * BOTH); y.b.w = read_out(h, at + 7u * BOTH);
    y.a += D_skip * x_t.a;
    y.b += D_skip * x_t.b;
    if (p.z_width > 0u) {
      y.a *= vec4f(silu(z_t.a.x), silu(z_t.a.y), silu(z_t.a.z), silu(z_t.a.w));
      y.b *= vec4f(silu(z_t.b.x), silu(z_t.b.y), silu(z_t.b.z), silu(z_t.b.w));
    }
    if (WHOLE || exists) {
      put(t, last, d, y.a.x);      put(t + 1u, last, d, y.a.y);
      put(t + 2u, last, d, y.a.z); put(t + 3u, last, d, y.a.w);
      put(t + 4u, last, d, y.b.x); put(t + 5u, last, d, y.b.y);
      put(t + 6u, last, d, y.b.z); put(t + 7u, last, d, y.b.w);
    }
    half = 1u - half;
    workgroupBarrier();
  }
}

/// C · h, with C behind B at `at` of the tiles.
fn read_out(h: Tile, at: u32) -> f32 {
  var sum = h.q0 * tiles[at + QUADS];
  if (QUADS > 1u) { sum += h.q1 * tiles[at + QUADS + 1u]; }
  if (QUADS > 2u) { sum += h.q2 * tiles[at + QUADS + 2u]; }
  if (QUADS > 3u) { sum += h.q3 * tiles[at + QUADS + 3u]; }
  return sum.x + sum.y + sum.z + sum.w;
}

fn put(t: u32, last: u32, d: u32, y: f32) {
  if (WHOLE || t < last) { out[t * p.out_width + d] = y; }
}

fn z8(t: u32, last: u32, d: u32) -> Eight {
  if (p.z_width == 0u) { return Eight(); }
  let i = places(t, last, p.z_width, p.z_from + d);
  return Eight(
    vec4f(z[i[0].x], z[i[0].y], z[i[0].z], z[i[0].w]),
    vec4f(z[i[1].x], z[i[1].y], z[i[1].z], z[i[1].w]));
}

fn load4(row: u32, n: u32) -> vec4f {
  let i = row + n;
  return existing(n, vec4f(carry[i], carry[i + 1u], carry[i + 2u], carry[i + 3u]));
}

fn load_tile(row: u32) -> Tile {
  var h: Tile;
  h.q0 = load4(row, 0u);
  if (QUADS > 1u) { h.q1 = load4(row, 4u); }
  if (QUADS > 2u) { h.q2 = load4(row, 8u); }
  if (QUADS > 3u) { h.q3 = load4(row, 12u); }
  return h;
}
