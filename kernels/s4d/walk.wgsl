// What the scans of S4D share: tokens one after another, h_t = Ā h_{t−1} + B̄ x_t for TILE modes of one channel in registers.
//
// modes (D, N) as modes.wgsl leaves them; x (batch, L, D).
#import "powers.wgsl"
#import "../lib/complex.wgsl"

struct Params {
  length: u32,
  channels: u32,
  states: u32,
  chunk: u32,
  chunks: u32,
  has_skip: u32,
  has_state: u32,
}

@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> modes: array<u32>;

/// TILE modes of a channel: Ā and B̄, zeros for those that it does not have, and their states.
struct Tile {
  keep: array<vec2f, TILE>,
  write: array<vec2f, TILE>,
  h: array<vec2f, TILE>,
}

fn tile_of(d: u32, start: u32) -> Tile {
  var tile: Tile;
  for (var i = 0u; i < TILE; i++) {
    if (start + i < p.states) {
      let mode = mode_at(d * p.states + start + i);
      tile.keep[i] = mode.A_bar;
      tile.write[i] = mode.B_bar;
    }
  }
  return tile;
}

fn advance(tile: ptr<function, Tile>, x: f32) {
  for (var i = 0u; i < TILE; i++) {
    if (COMPLEX) { (*tile).h[i] = times((*tile).keep[i], (*tile).h[i]) + (*tile).write[i] * x; }
    else { (*tile).h[i].x = (*tile).keep[i].x * (*tile).h[i].x + (*tile).write[i].x * x; }
  }
}

/// Token t of a row, counted from its end where MIRRORED: the gradient by x is the same scan, backwards.
fn place(b: u32, t: u32, d: u32) -> u32 {
  var at = t;
  if (MIRRORED) { at = p.length - 1u - t; }
  return (b * p.length + at) * p.channels + d;
}
