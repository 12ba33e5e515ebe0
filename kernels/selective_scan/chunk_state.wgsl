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
  var A: Tile;
  for (var q = 0u; q < QUADS; q++) { A[q] = A4(d, start + 4u * q); }

  var h: Tile;
  var product: Tile;
  for (var q = 0u; q < QUADS; q++) { product[q] = vec4f(1.0); }
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
    for (var q = 0u; q < QUADS; q++) {
      let dA = step * A[q];
      let A_bar = decay(dA);
      h[q] = edited.y * A_bar * h[q] + u * gain(dA, A_bar) * BC4(token, p.b_from, start + 4u * q);
      if (RULE >= 2u) { product[q] *= edited.y * A_bar; }
    }
  }

  let row = ((b * p.chunks + chunk) * p.channels + d) * carry_width();
  for (var i = 0u; i < TILE; i++) {
    if (start + i < p.states) {
      carry[row + start + i] = h[i / 4u][i % 4u];
      if (RULE >= 2u) { carry[row + p.states + start + i] = product[i / 4u][i % 4u]; }
    }
  }
  if (RULE < 2u && start == 0u) {
    carry[row + p.states] = total_step;
    carry[row + p.states + 1u] = total_keep;
  }
}
