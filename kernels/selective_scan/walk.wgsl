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
fn walk(first: u32, last: u32, d: u32, start: u32, h: ptr<function, Tile>) {
  var A: Tile;
  for (var q = 0u; q < QUADS; q++) { A[q] = A4(d, start + 4u * q); }
  let D_skip = skip(d);
  let final_tile = start + TILE >= p.states;

  for (var token = first; token < last; token++) {
    let at = token * p.out_width + d;
    let x_t = x[token * p.channels + d];
    let step = step_size(token, d);
    let edited = edit(token);
    let u = step * x_t * edited.x;
    var sum = vec4f(0.0);
    for (var q = 0u; q < QUADS; q++) {
      let n = start + 4u * q;
      let dA = step * A[q];
      let A_bar = decay(dA);
      let state = edited.y * A_bar * (*h)[q] + u * gain(dA, A_bar) * BC4(token, p.b_from, n);
      (*h)[q] = state;
      sum += state * BC4(token, p.c_from, n);
    }
    var y = sum.x + sum.y + sum.z + sum.w;
    if (start == 0u) { y += D_skip * x_t; } else { y += out[at]; }
    if (final_tile && p.z_width > 0u) { y *= silu(z[token * p.z_width + p.z_from + d]); }
    out[at] = y;
    if (p.delta_at != NONE) { out[at + p.delta_at] = step; }
    if (p.states_at != NONE) { record(token, d, start, h); }
  }
}

fn record(token: u32, d: u32, start: u32, h: ptr<function, Tile>) {
  let row = token * p.out_width + p.states_at + d * p.states;
  for (var i = 0u; i < TILE; i++) {
    if (start + i < p.states) { out[row + start + i] = (*h)[i / 4u][i % 4u]; }
  }
}
