// The selective scan, version 2: one thread a channel, the state in registers from the first token to the last.
//
// state (batch, D, N), read before the first token and rewritten after the last; the rest as in token.wgsl and walk.wgsl.
// A workgroup takes 64 neighbouring channels, so that reads of x, Δ, z and writes of the output are contiguous; B and C of a token
// are the same address for all of them. Memory sees each input once and each output once.
#import "walk.wgsl"

@group(0) @binding(8) var<storage, read_write> state: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let d = id.x;
  let b = id.z;
  if (d >= p.channels) { return; }
  let row = (b * p.channels + d) * p.states;

  for (var start = 0u; start < p.states; start += TILE) {
    store_tile(row, start, walk(b * p.length, (b + 1u) * p.length, d, start, load_tile(row, start)));
  }
}

fn load4(row: u32, n: u32) -> vec4f {
  let i = row + n;
  return existing(n, vec4f(state[i], state[i + 1u], state[i + 2u], state[i + 3u]));
}

fn load_tile(row: u32, start: u32) -> Tile {
  var h: Tile;
  h.q0 = load4(row, start);
  if (QUADS > 1u) { h.q1 = load4(row, start + 4u); }
  if (QUADS > 2u) { h.q2 = load4(row, start + 8u); }
  if (QUADS > 3u) { h.q3 = load4(row, start + 12u); }
  return h;
}

fn store4(row: u32, n: u32, h: vec4f) {
  for (var i = 0u; i < 4u && n + i < p.states; i++) { state[row + n + i] = h[i]; }
}

fn store_tile(row: u32, start: u32, h: Tile) {
  store4(row, start, h.q0);
  if (QUADS > 1u) { store4(row, start + 4u, h.q1); }
  if (QUADS > 2u) { store4(row, start + 8u, h.q2); }
  if (QUADS > 3u) { store4(row, start + 12u, h.q3); }
}
