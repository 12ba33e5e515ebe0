// S4D as a recurrence, version 1 (`sequential`): one thread a channel, state in registers, no barrier in the token loop.
//
// state (batch, D, N, 2), or (batch, D, N) where real: the state to begin with where there is one, replaced by the last.
// The rest as in walk.wgsl and read_out.wgsl.
#import "read_out.wgsl"

@group(0) @binding(6) var<storage, read_write> state: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let d = id.x;
  let b = id.z;
  if (d >= p.channels) { return; }
  let row = (b * p.channels + d) * p.states;
  for (var start = 0u; start < p.states; start += TILE) {
    var tile = tile_of(d, start);
    let count = min(TILE, p.states - start);
    if (p.has_state != 0u) {
      for (var i = 0u; i < count; i++) {
        let at = row + start + i;
        if (COMPLEX) { tile.h[i] = vec2f(state[2u * at], state[2u * at + 1u]); }
        else { tile.h[i].x = state[at]; }
      }
    }
    read_out(&tile, b, d, 0u, p.length, start);
    for (var i = 0u; i < count; i++) {
      let at = row + start + i;
      if (COMPLEX) {
        state[2u * at] = tile.h[i].x;
        state[2u * at + 1u] = tile.h[i].y;
      } else { state[at] = tile.h[i].x; }
    }
  }
}
