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
    var h: Tile;
    for (var i = 0u; i < TILE; i++) {
      if (start + i < p.states) { h[i / 4u][i % 4u] = state[row + start + i]; }
    }
    walk(b * p.length, (b + 1u) * p.length, d, start, &h);
    for (var i = 0u; i < TILE; i++) {
      if (start + i < p.states) { state[row + start + i] = h[i / 4u][i % 4u]; }
    }
  }
}
