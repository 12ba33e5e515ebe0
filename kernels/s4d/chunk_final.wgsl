// S4D as a recurrence, version 2 (`chunked`), pass 3: every chunk again, now from its true incoming state, with outputs.
//
// carry (batch, chunks, D, N), complex, as chunk_carry.wgsl leaves it; the rest as in walk.wgsl and read_out.wgsl. One thread a channel and
// chunk, TILE modes at a time; no barrier.
#import "read_out.wgsl"

@group(0) @binding(6) var<storage, read> carry: array<vec2f>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let d = id.x;
  if (d >= p.channels) { return; }
  let first = id.y * p.chunk;
  let last = min(first + p.chunk, p.length);
  let row = ((id.z * p.chunks + id.y) * p.channels + d) * p.states;
  for (var start = 0u; start < p.states; start += TILE) {
    var tile = tile_of(d, start);
    for (var i = 0u; i < min(TILE, p.states - start); i++) { tile.h[i] = carry[row + start + i]; }
    read_out(&tile, id.z, d, first, last, start);
  }
}
