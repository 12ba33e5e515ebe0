// What every pass of the scan reads, one token and one channel at a time.
//
// x, delta (batch, L, D); A_log (D, N); BC (batch, L, bc_width) with B from column b_from and C from c_from on;
// terms: what only some runs have, one after another, each at its own offset or absent (NONE): D_skip (D), Δ bias (D),
// frozen Δ (D; a negative entry leaves its channel free), edits (batch, L, 2: write multiplier, keep multiplier), and where
// CONSTANT_B or CONSTANT_C says so B or C (D, N), the same at every token; a thread then loads them once.
//
// A thread holds a tile of QUADS × 4 states of one channel, in named vectors: an array would be taken out of registers by some
// compilers, and code for quads that do not exist folds away. EXACT says that the tiles fill the N states without a rest; EDITED
// that there is more to a step than Δ as it stands.
#import "discretise.wgsl"
#import "../lib/softplus.wgsl"

const NONE = 0xffffffffu;

struct Params {
  length: u32,
  channels: u32,
  states: u32,
  bc_width: u32,
  b_from: u32,
  c_from: u32,
  softplus: u32,
  skip_at: u32,
  bias_at: u32,
  frozen_at: u32,
  edits_at: u32,
  constant_b_at: u32,
  constant_c_at: u32,
  z_width: u32,
  z_from: u32,
  out_width: u32,
  delta_at: u32,
  states_at: u32,
  chunk: u32,
  chunks: u32,
}

@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read> delta: array<f32>;
@group(0) @binding(3) var<storage, read> A_log: array<f32>;
@group(0) @binding(4) var<storage, read> BC: array<f32>;
@group(0) @binding(5) var<storage, read> terms: array<f32>;

struct Tile { q0: vec4f, q1: vec4f, q2: vec4f, q3: vec4f }
const TILE = 4u * QUADS;

/// A of a tile that begins at state `start`.
fn A_tile(d: u32, start: u32) -> Tile {
  var A: Tile;
  A.q0 = A4(d, start);
  if (QUADS > 1u) { A.q1 = A4(d, start + 4u); }
  if (QUADS > 2u) { A.q2 = A4(d, start + 8u); }
  if (QUADS > 3u) { A.q3 = A4(d, start + 12u); }
  return A;
}

fn A4(d: u32, n: u32) -> vec4f {
  let i = d * p.states + n;
  return existing(n, dynamics(vec4f(A_log[i], A_log[i + 1u], A_log[i + 2u], A_log[i + 3u])));
}

/// Of four numbers from state n on those whose states exist, 0 for the others.
fn existing(n: u32, four: vec4f) -> vec4f {
  if (EXACT) { return four; }
  return select(vec4f(0.0), four, vec4u(n, n + 1u, n + 2u, n + 3u) < vec4u(p.states));
}

/// Four entries of a row of BC, from column `column` + n on.
fn BC4(token: u32, column: u32, n: u32) -> vec4f {
  let i = token * p.bc_width + column + n;
  return existing(n, vec4f(BC[i], BC[i + 1u], BC[i + 2u], BC[i + 3u]));
}

/// The constant B of a tile, or nothing where it changes from token to token; C likewise.
fn B_tile(d: u32, start: u32) -> Tile {
  if (!CONSTANT_B) { return Tile(); }
  return constant_tile(p.constant_b_at + d * p.states, start);
}

fn C_tile(d: u32, start: u32) -> Tile {
  if (!CONSTANT_C) { return Tile(); }
  return constant_tile(p.constant_c_at + d * p.states, start);
}

fn constant_tile(row: u32, start: u32) -> Tile {
  var four = Tile();
  four.q0 = term4(row, start);
  if (QUADS > 1u) { four.q1 = term4(row, start + 4u); }
  if (QUADS > 2u) { four.q2 = term4(row, start + 8u); }
  if (QUADS > 3u) { four.q3 = term4(row, start + 12u); }
  return four;
}

fn term4(row: u32, n: u32) -> vec4f {
  let i = row + n;
  return existing(n, vec4f(terms[i], terms[i + 1u], terms[i + 2u], terms[i + 3u]));
}

/// Four entries of a token's B from state n on, or the constant ones; C likewise.
fn B4(token: u32, n: u32, constant: vec4f) -> vec4f {
  if (CONSTANT_B) { return constant; }
  return BC4(token, p.b_from, n);
}

fn C4(token: u32, n: u32, constant: vec4f) -> vec4f {
  if (CONSTANT_C) { return constant; }
  return BC4(token, p.c_from, n);
}

/// Δ of one token and channel, ready for use.
fn step_size(token: u32, d: u32) -> f32 {
  if (!EDITED) { return delta[token * p.channels + d]; }
  if (p.frozen_at != NONE) {
    let frozen = terms[p.frozen_at + d];
    if (frozen >= 0.0) { return frozen; }
  }
  var step = delta[token * p.channels + d];
  if (p.bias_at != NONE) { step += terms[p.bias_at + d]; }
  if (p.softplus != 0u) { step = softplus(step); }
  return step;
}

/// Write and keep multipliers of a token.
fn edit(token: u32) -> vec2f {
  if (!EDITED || p.edits_at == NONE) { return vec2f(1.0); }
  let i = p.edits_at + 2u * token;
  return vec2f(terms[i], terms[i + 1u]);
}

fn skip(d: u32) -> f32 {
  if (p.skip_at == NONE) { return 0.0; }
  return terms[p.skip_at + d];
}

/// Columns of a chunk's carry: its end state, and ΣΔ with ∏ keep or the product of every state's Ā.
fn carry_width() -> u32 {
  if (RULE < 2u) { return p.states + 2u; }
  return 2u * p.states;
}
