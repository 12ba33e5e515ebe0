// What the two passes of version 4 (`ahead`) share: the inputs of the next AHEAD tokens are on their way while these are worked on.
//
// A thread has one channel and one chunk, as in `chunked`, and up to 16 states. Δ, x and z of eight tokens come into registers
// together; B and C, the same for all channels, come into one of two tiles of workgroup memory while the other is read. So
// there is one barrier for eight tokens, and memory is waited for once in eight tokens instead of at each. WHOLE says that no chunk
// and no workgroup has a place without a token or channel.
#import "token.wgsl"

const AHEAD = 8u;
/// Quads of B and C of one token.
const BOTH = 2u * QUADS;

/// B | C of AHEAD tokens, twice.
var<workgroup> tiles: array<vec4f, 2u * AHEAD * BOTH>;

/// One number for each of AHEAD tokens.
struct Eight { a: vec4f, b: vec4f }

/// Bring B and C of the tokens from t on into a tile. Past the end of the chunk the last token comes again.
fn bring(local: u32, tile: u32, t: u32, last: u32) {
  for (var i = local; i < AHEAD * BOTH; i += 64u) {
    let token = min(t + i / BOTH, last - 1u);
    let quad = i % BOTH;
    let column = select(p.b_from, p.c_from, quad >= QUADS);
    tiles[tile * AHEAD * BOTH + i] = BC4(token, column, quad % QUADS * 4u);
  }
}

/// Which of AHEAD tokens from t on the chunk has: 1 or 0.
fn here(t: u32, last: u32) -> Eight {
  let i = vec4u(0u, 1u, 2u, 3u);
  return Eight(
    select(vec4f(0.0), vec4f(1.0), t + i < vec4u(last)),
    select(vec4f(0.0), vec4f(1.0), t + 4u + i < vec4u(last)));
}

/// Rows of a (…, width) tensor that AHEAD tokens from t on have, as places in it.
fn places(t: u32, last: u32, width: u32, column: u32) -> array<vec4u, 2> {
  let i = vec4u(0u, 1u, 2u, 3u);
  let end = vec4u(last - 1u);
  return array(min(t + i, end) * width + column, min(t + 4u + i, end) * width + column);
}

/// Δ of tokens that are not there is 0: their Ā is 1 and their write 0, so the state passes them unchanged.
fn ready(raw: Eight, bias: f32, t: u32, last: u32) -> Eight {
  if (WHOLE) { return Eight(steps(raw.a, bias), steps(raw.b, bias)); }
  let there = here(t, last);
  return Eight(there.a * steps(raw.a, bias), there.b * steps(raw.b, bias));
}

fn steps(raw: vec4f, bias: f32) -> vec4f {
  let v = raw + bias;
  if (p.softplus == 0u) { return v; }
  return vec4f(softplus(v.x), softplus(v.y), softplus(v.z), softplus(v.w));
}

fn bias_of(d: u32) -> f32 {
  if (p.bias_at == NONE) { return 0.0; }
  return terms[p.bias_at + d];
}

/// The state after one token, whose B stands at `at` of the tiles.
fn taken(h: Tile, A: Tile, step: f32, u: f32, at: u32) -> Tile {
  var next = h;
  next.q0 = advance(h.q0, A.q0, step, u, 1.0, tiles[at]);
  if (QUADS > 1u) { next.q1 = advance(h.q1, A.q1, step, u, 1.0, tiles[at + 1u]); }
  if (QUADS > 2u) { next.q2 = advance(h.q2, A.q2, step, u, 1.0, tiles[at + 2u]); }
  if (QUADS > 3u) { next.q3 = advance(h.q3, A.q3, step, u, 1.0, tiles[at + 3u]); }
  return next;
}

fn delta8(t: u32, last: u32, d: u32) -> Eight {
  let i = places(t, last, p.channels, d);
  return Eight(
    vec4f(delta[i[0].x], delta[i[0].y], delta[i[0].z], delta[i[0].w]),
    vec4f(delta[i[1].x], delta[i[1].y], delta[i[1].z], delta[i[1].w]));
}

fn x8(t: u32, last: u32, d: u32) -> Eight {
  let i = places(t, last, p.channels, d);
  return Eight(
    vec4f(x[i[0].x], x[i[0].y], x[i[0].z], x[i[0].w]),
    vec4f(x[i[1].x], x[i[1].y], x[i[1].z], x[i[1].w]));
}
