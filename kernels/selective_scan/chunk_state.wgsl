// The selective scan, version 3 (`chunked`), pass 1: each chunk of time on its own, from a state of zeros to its end state.
//
// carry (batch, chunks, D, carry_width): the end state (N), then what takes an older state through the chunk. For the rules
// that exponentiate that is ∏ Ā = exp(A · ΣΔ), so two numbers do: ΣΔ and the product of the keep multipliers. For the others the
// product of each state's Ā is written (N).
//
// One thread a channel, chunk and tile of states; a workgroup takes 64 neighbouring channels. All chunks run side by side.
#import "token.wgsl"

@group(0) @binding(6) var<storage, read_write> carry: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let d = id.x;
  let chunk = id.y;
  let tiles = (p.states + TILE - 1u) / TILE;
  let b = id.z / tiles;
  let start = id.z % tiles * TILE;
  if (d >= p.channels) { return; }
  let A = A_tile(d, start);
  let B = B_tile(d, start);

  var h: Tile;
  var product = Tile(vec4f(1.0), vec4f(1.0), vec4f(1.0), vec4f(1.0));
  var total_step = 0.0;
  var total_keep = 1.0;
  let first = b * p.length + chunk * p.chunk;
  let last = b * p.length + min((chunk + 1u) * p.chunk, p.length);
  for (var token = first; token < last; token++) {
    let step = step_size(token, d);
    let edited = edit(token);
    let u = step * x[token * p.channels + d] * edited.x;
    total_step += step;
    total_keep *= edited.y;
    h.q0 = advance(h.q0, A.q0, step, u, edited.y, B4(token, start, B.q0));
    if (QUADS > 1u) { h.q1 = advance(h.q1, A.q1, step, u, edited.y, B4(token, start + 4u, B.q1)); }
    if (QUADS > 2u) { h.q2 = advance(h.q2, A.q2, step, u, edited.y, B4(token, start + 8u, B.q2)); }
    if (QUADS > 3u) { h.q3 = advance(h.q3, A.q3, step, u, edited.y, B4(token, start + 12u, B.q3)); }
    if (RULE >= 2u) {
      product.q0 *= edited.y * decay(step * A.q0);
      product.q1 *= edited.y * decay(step * A.q1);
      product.q2 *= edited.y * decay(step * A.q2);
      product.q3 *= edited.y * decay(step * A.q3);
    }
  }

  let row = ((b * p.chunks + chunk) * p.channels + d) * carry_width();
  store_tile(row, start, h);
  if (RULE >= 2u) { store_tile(row + p.states, start, product); }
  else if (start == 0u) {
    carry[row + p.states] = total_step;
    carry[row + p.states + 1u] = total_keep;
  }
}

fn store4(row: u32, n: u32, h: vec4f) {
  for (var i = 0u; i < 4u && n + i < p.states; i++) { carry[row + n + i] = h[i]; }
}

fn store_tile(row: u32, start: u32, h: Tile) {
  store4(row, start, h.q0);
  if (QUADS > 1u) { store4(row, start + 4u, h.q1); }
  if (QUADS > 2u) { store4(row, start + 8u, h.q2); }
  if (QUADS > 3u) { store4(row, start + 12u, h.q3); }
}
