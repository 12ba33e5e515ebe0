// The walk over tokens that `sequential` and the last pass of `chunked` share:
//
//   h = keep · Ā h + write · Δ x B̄,   y = C · h + D_skip · x,   out = y · silu(z)
//
// z (batch, L, z_width) from column z_from on, or no gate where z_width is 0; out (batch, L, out_width): column d holds the
// output, column delta_at + d takes Δ and column states_at + d N + n the states where a trace wants them.
//
// No barrier: the state stays in registers, one token follows the other. Where N is larger than a tile, the walk is
// taken once for each tile and the sum over states so far waits in `out`.
#import "token.wgsl"
#import "../lib/silu.wgsl"

@group(0) @binding(6) var<storage, read> z: array<f32>;
@group(0) @binding(7) var<storage, read_write> out: array<f32>;

/// Take tile h, which begins at state `start`, of channel d through the tokens from `first` to before `last`.
fn walk(first: u32, last: u32, d: u32, start: u32, h_first: Tile) -> Tile {
  let A = A_tile(d, start);
  let B = B_tile(d, start);
  let C = C_tile(d, start);
  let D_skip = skip(d);
  let final_tile = start + TILE >= p.states;
  var h = h_first;

  for (var token = first; token < last; token++) {
    let at = token * p.out_width + d;
    let x_t = x[token * p.channels + d];
    let step = step_size(token, d);
    let edited = edit(token);
    let u = step * x_t * edited.x;
    h.q0 = advance(h.q0, A.q0, step, u, edited.y, B4(token, start, B.q0));
    var sum = h.q0 * C4(token, start, C.q0);
    if (QUADS > 1u) {
      h.q1 = advance(h.q1, A.q1, step, u, edited.y, B4(token, start + 4u, B.q1));
      sum += h.q1 * C4(token, start + 4u, C.q1);
    }
    if (QUADS > 2u) {
      h.q2 = advance(h.q2, A.q2, step, u, edited.y, B4(token, start + 8u, B.q2));
      sum += h.q2 * C4(token, start + 8u, C.q2);
    }
    if (QUADS > 3u) {
      h.q3 = advance(h.q3, A.q3, step, u, edited.y, B4(token, start + 12u, B.q3));
      sum += h.q3 * C4(token, start + 12u, C.q3);
    }
    var y = sum.x + sum.y + sum.z + sum.w;
    if (start == 0u) { y += D_skip * x_t; } else { y += out[at]; }
    if (final_tile && p.z_width > 0u) { y *= silu(z[token * p.z_width + p.z_from + d]); }
    out[at] = y;
    if (RECORDS) { record(token, d, start, step, h); }
  }
  return h;
}

fn record(token: u32, d: u32, start: u32, step: f32, h: Tile) {
  let at = token * p.out_width;
  if (p.delta_at != NONE) { out[at + p.delta_at + d] = step; }
  if (p.states_at == NONE) { return; }
  let row = at + p.states_at + d * p.states;
  record4(row, start, h.q0);
  if (QUADS > 1u) { record4(row, start + 4u, h.q1); }
  if (QUADS > 2u) { record4(row, start + 8u, h.q2); }
  if (QUADS > 3u) { record4(row, start + 12u, h.q3); }
}

fn record4(row: u32, n: u32, h: vec4f) {
  for (var i = 0u; i < 4u && n + i < p.states; i++) { out[row + n + i] = h[i]; }
}
