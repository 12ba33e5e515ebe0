// S4D as a recurrence, version 2 (`chunked`), pass 1: the state at the end of every chunk of tokens, as if it began with zeros.
//
// x (batch, L, D); carry (batch, chunks, D, N), complex. One thread a channel and chunk, TILE modes at a time; no barrier.
#import "walk.wgsl"

@group(0) @binding(2) var<storage, read> x: array<f32>;
@group(0) @binding(3) var<storage, read_write> carry: array<vec2f>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let d = id.x;
  if (d >= p.channels) { return; }
  let first = id.y * p.chunk;
  let last = min(first + p.chunk, p.length);
  let row = ((id.z * p.chunks + id.y) * p.channels + d) * p.states;
  for (var start = 0u; start < p.states; start += TILE) {
    var tile = tile_of(d, start);
    for (var t = first; t < last; t++) { advance(&tile, x[place(id.z, t, d)]); }
    for (var i = 0u; i < min(TILE, p.states - start); i++) { carry[row + start + i] = tile.h[i]; }
  }
}
