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
    var h: Tile;
    for (var i = 0u; i < TILE; i++) {
      if (start + i < p.states) { h[i / 4u][i % 4u] = carry[row + start + i]; }
    }
    walk(first, last, d, start, &h);
  }
}
