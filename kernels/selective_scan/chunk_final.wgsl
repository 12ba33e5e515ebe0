// The selective scan, version 3 (`chunked`), pass 3: every chunk again, now from its true incoming state, with outputs.
//
// carry (batch, chunks, D, carry_width): the incoming states as chunk_carry.wgsl leaves them; the rest as in walk.wgsl.
// One thread a channel and chunk; a workgroup takes 64 neighbouring channels.
#import "walk.wgsl"

@group(0) @binding(8) var<storage, read> carry: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let d = id.x;
  let chunk = id.y;
  let b = id.z;
  if (d >= p.channels) { return; }
  let row = ((b * p.chunks + chunk) * p.channels + d) * carry_width();
  let first = b * p.length + chunk * p.chunk;
  let last = b * p.length + min((chunk + 1u) * p.chunk, p.length);

  for (var start = 0u; start < p.states; start += TILE) {
    walk(first, last, d, start, load_tile(row, start));
  }
}

fn load4(row: u32, n: u32) -> vec4f {
  let i = row + n;
  return existing(n, vec4f(carry[i], carry[i + 1u], carry[i + 2u], carry[i + 3u]));
}

fn load_tile(row: u32, start: u32) -> Tile {
  var h: Tile;
  h.q0 = load4(row, start);
  if (QUADS > 1u) { h.q1 = load4(row, start + 4u); }
  if (QUADS > 2u) { h.q2 = load4(row, start + 8u); }
  if (QUADS > 3u) { h.q3 = load4(row, start + 12u); }
  return h;
}
