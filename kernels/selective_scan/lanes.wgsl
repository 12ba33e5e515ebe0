// What the two passes of version 5 (`lanes`) share: the four quads of a channel's states lie on four neighbouring threads.
//
// A workgroup has CHANNELS channels of one chunk of time. TOKENS tokens at a time come into workgroup memory: Δ ready for use, Δ x,
// B and C; those after them are on their way meanwhile. At most 16 states; those that do not exist are 0.
#import "token.wgsl"

const CHANNELS = 32u;
const TOKENS = 8u;
const THREADS = 4u * CHANNELS;

var<workgroup> step_of: array<f32, TOKENS * CHANNELS>;
var<workgroup> u_of: array<f32, TOKENS * CHANNELS>;
/// Of each token four quads of B, then four of C.
var<workgroup> BC_of: array<vec4f, TOKENS * 8u>;

/// One token and channel as they stand in memory; zeros where there is none.
struct Cell { delta: f32, x: f32, z: f32, there: f32 }

/// What a thread brings of TOKENS tokens: two cells of one channel, and of the first threads each a quad of B or C.
struct Coming { a: Cell, b: Cell, quad: vec4f }

/// @param last the first token that is not the chunk's
fn fetch(local: u32, d: u32, t: u32, last: u32) -> Coming {
  var quad = vec4f(0.0);
  if (local < TOKENS * 8u && t + local / 8u < last) {
    quad = BC4(t + local / 8u, select(p.b_from, p.c_from, local % 8u >= 4u), local % 4u * 4u);
  }
  let first = t + local / CHANNELS;
  return Coming(cell(first, last, d), cell(first + TOKENS / 2u, last, d), quad);
}

fn cell(t: u32, last: u32, d: u32) -> Cell {
  if (t >= last || d >= p.channels) { return Cell(); }
  let i = t * p.channels + d;
  return Cell(delta[i], x[i], gate_of(t, d), 1.0);
}

fn put(local: u32, coming: Coming, bias: f32) {
  put_cell(local, coming.a, bias);
  put_cell(local + THREADS, coming.b, bias);
  if (local < TOKENS * 8u) { BC_of[local] = coming.quad; }
}

/// Δ of tokens that are not there is 0: their Ā is 1 and their write 0, so the state passes them unchanged.
fn put_cell(i: u32, c: Cell, bias: f32) {
  var step = c.delta + bias;
  if (p.softplus != 0u) { step = softplus(step); }
  step_of[i] = c.there * step;
  u_of[i] = c.there * step * c.x;
}

fn bias_of(d: u32) -> f32 {
  if (p.bias_at == NONE || d >= p.channels) { return 0.0; }
  return terms[p.bias_at + d];
}
