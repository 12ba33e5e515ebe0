// SSD's way back, gradient of x: dx_j = Δ_j (exp(sum of the chunk − sum_j) B_j dh + Σ_{i ≥ j} exp(sum_i − sum_j) (C_i · B_j) dy_i) + D dy_j,
// dh the gradient of the state after the chunk. BC, dy (batch, L, H · P) in the place of x, sums (batch, H, L) in twos, delta
// (batch, L, H), scores (batch, chunks, G, pitch j, pitch i), dh (batch, chunks, H, N, P), skip (H) → dx (batch, L, to_width), columns
// from to_from on. A workgroup a tile of 64 tokens × 64 of P of a head: first N, then the tokens from the first row on are the
// inner dimension; the masked scores are weighted on their way to workgroup memory.
#import "params.wgsl"
@group(0) @binding(3) var<storage, read> sums: array<vec2f>;
@group(0) @binding(4) var<storage, read> delta: array<f32>;
@group(0) @binding(6) var<storage, read> scores: array<vec4f>;
@group(0) @binding(8) var<storage, read> skip: array<f32>;

var<private> first: u32;
var<private> count: u32;
var<private> head: u32;
var<private> text: u32;
var<private> row: u32;
var<private> column: u32;
var<private> sums_at: u32;
var<private> scores_at: u32;
var<private> B_at: u32;
var<private> state_at: u32;
var<private> after: u32;
var<private> whole: vec2f;
var<private> D_skip: f32;

fn begin(group: vec3u) {
  let tiles = p.pitch / 64u;
  let chunk = group.y / tiles;
  row = group.y % tiles * 64u;
  column = group.x * 64u;
  head = group.z % p.heads;
  text = group.z / p.heads;
  let g = head / (p.heads / p.groups);
  first = chunk * p.chunk;
  count = min(p.chunk, p.length - first);
  sums_at = group.z * p.length + first;
  scores_at = ((text * p.chunks + chunk) * p.groups + g) * p.pitch * p.pitch;
  B_at = (text * p.length + first) * p.bc_width + p.b_from + g * p.states;
  state_at = ((text * p.chunks + chunk) * p.heads + head) * p.states * p.head_dim;
  after = slices_after(chunk);
  whole = sum_of(count - 1u);
  D_skip = 0.0;
  if (p.has_skip == 1u) { D_skip = skip[head]; }
}
fn slices_after(chunk: u32) -> u32 { return select((p.states + 15u) / 16u, 0u, chunk + 1u == p.chunks); }
fn inner(group: vec3u) -> u32 {
  let tiles = p.pitch / 64u;
  let chunk = group.y / tiles;
  let tokens = min(p.chunk, p.length - chunk * p.chunk);
  let above = group.y % tiles * 64u;
  return select(slices_after(chunk) + (tokens - min(above, tokens) + 15u) / 16u, 0u, above >= tokens);
}
fn scale_at() -> u32 { return after; }
fn sum_of(t: u32) -> vec2f { return sums[sums_at + min(t, count - 1u)]; }
fn rest_of(t: u32) -> f32 {
  let rest = whole - sum_of(t);
  return decay_of(rest.x + rest.y);
}
fn scale(r: u32) -> vec4f {
  let t = row + r;
  return vec4f(rest_of(t), rest_of(t + 1u), rest_of(t + 2u), rest_of(t + 3u));
}
// Tokens up to the middle of the tile on the diagonal come before its lower rows.
fn part(slice: u32) -> u32 { return select(ALL, UPPER, slice >= after && slice < after + 2u); }
fn left_across(slice: u32) -> bool { return false; }
fn right_across(slice: u32) -> bool { return true; }
fn B_of(t: u32, n: u32) -> vec4f {
  return four_of_BC(B_at + t * p.bc_width + n, select(0u, p.states - min(n, p.states), t < count));
}
/// Of token j, the weighted scores with tokens i … i + 3, whose sums are high + low.
fn weighted(j: u32, i: u32, high: vec4f, low: vec4f) -> vec4f {
  if (i + 3u < j || j >= count) { return vec4f(); }
  let sum = sum_of(j);
  let weight = exp(clamp((high - sum.x) + (low - sum.y), vec4f(-87.0), vec4f()));
  let seen = vec4u(j) <= vec4u(i, i + 1u, i + 2u, i + 3u);
  return select(vec4f(), weight * scores[(scores_at + j * p.pitch + i) / 4u], seen);
}
fn left(slice: u32, k: u32, r: u32) -> mat4x4f {
  let t = row + r;
  if (slice < after) {
    let n = 16u * slice + k;
    return turned(B_of(t, n), B_of(t + 1u, n), B_of(t + 2u, n), B_of(t + 3u, n));
  }
  let i = row + 16u * (slice - after) + k;
  let a = sum_of(i); let b = sum_of(i + 1u); let c = sum_of(i + 2u); let d = sum_of(i + 3u);
  let high = vec4f(a.x, b.x, c.x, d.x);
  let low = vec4f(a.y, b.y, c.y, d.y);
  return turned(
    weighted(t, i, high, low), weighted(t + 1u, i, high, low),
    weighted(t + 2u, i, high, low), weighted(t + 3u, i, high, low));
}
fn dy_of(t: u32, c: u32) -> vec4f {
  return four_of_x((text * p.length + first + t) * p.x_width + p.x_from + head * p.head_dim + c,
    select(0u, p.head_dim - min(c, p.head_dim), t < count));
}
fn dh_of(n: u32, c: u32) -> vec4f {
  return four_of_h(state_at + n * p.head_dim + c, select(0u, p.head_dim - min(c, p.head_dim), n < p.states));
}
fn right(slice: u32, k: u32, c: u32) -> mat4x4f {
  let at = column + c;
  if (slice < after) {
    let n = 16u * slice + k;
    return mat4x4f(dh_of(n, at), dh_of(n + 1u, at), dh_of(n + 2u, at), dh_of(n + 3u, at));
  }
  let t = row + 16u * (slice - after) + k;
  return mat4x4f(dy_of(t, at), dy_of(t + 1u, at), dy_of(t + 2u, at), dy_of(t + 3u, at));
}
fn finish(r: u32, c: u32, sum: vec4f) {
  let t = row + r;
  let at = column + c;
  if (t < count && at < p.head_dim) {
    let token = text * p.length + first + t;
    put(token * p.to_width + p.to_from + head * p.head_dim + at, p.head_dim - at,
      delta[token * p.heads + head] * sum + D_skip * dy_of(t, at));
  }
}
