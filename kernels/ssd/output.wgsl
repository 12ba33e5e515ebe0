// SSD by chunks, step 4: y_i = exp(sum_i) C_i h + Σ_{j ≤ i} exp(sum_i − sum_j) (C_i · B_j) Δ_j x_j + D x_i, h the state before the chunk.
// BC, x, sums (batch, H, L) in twos, delta (batch, L, H), scores (batch, chunks, G, pitch j, pitch i), chunk_states
// (batch, chunks, H, N, P), skip (H) → y (batch, L, H · P). A workgroup a tile of 64 tokens × 64 of P of a head: first N, then the
// tokens up to the last row are the inner dimension; the masked scores are weighted on their way to workgroup memory.
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
var<private> C_at: u32;
var<private> state_at: u32;
var<private> before: u32;
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
  C_at = (text * p.length + first) * p.bc_width + p.c_from + g * p.states;
  state_at = ((text * p.chunks + chunk) * p.heads + head) * p.states * p.head_dim;
  before = slices_before(chunk);
  D_skip = 0.0;
  if (p.has_skip == 1u) { D_skip = skip[head]; }
}
fn slices_before(chunk: u32) -> u32 {
  return select((p.states + 15u) / 16u, 0u, chunk == 0u && p.carried == 0u);
}
fn inner(group: vec3u) -> u32 {
  let tiles = p.pitch / 64u;
  let chunk = group.y / tiles;
  let tokens = min(p.chunk, p.length - chunk * p.chunk);
  let above = group.y % tiles * 64u;
  return select(slices_before(chunk) + (min(above + 64u, tokens) + 15u) / 16u, 0u, above >= tokens);
}
fn scale_at() -> u32 { return before; }
fn sum_of(t: u32) -> vec2f { return sums[sums_at + min(t, count - 1u)]; }
fn scale(r: u32) -> vec4f {
  let t = row + r;
  let a = sum_of(t); let b = sum_of(t + 1u); let c = sum_of(t + 2u); let d = sum_of(t + 3u);
  return vec4f(decay_of(a.x + a.y), decay_of(b.x + b.y), decay_of(c.x + c.y), decay_of(d.x + d.y));
}
// Tokens past the middle of the tile on the diagonal come after its upper rows.
fn part(slice: u32) -> u32 { return select(ALL, LOWER, slice >= before && 16u * (slice - before) >= row + 32u); }
fn left_across(slice: u32) -> bool { return slice >= before; }
fn right_across(slice: u32) -> bool { return true; }
fn C_of(t: u32, n: u32) -> vec4f {
  return four_of_BC(C_at + t * p.bc_width + n, select(0u, p.states - min(n, p.states), t < count));
}
fn left(slice: u32, k: u32, r: u32) -> mat4x4f {
  let t = row + r;
  if (slice < before) {
    let n = 16u * slice + k;
    return turned(C_of(t, n), C_of(t + 1u, n), C_of(t + 2u, n), C_of(t + 3u, n));
  }
  let a = sum_of(t); let b = sum_of(t + 1u); let c = sum_of(t + 2u); let d = sum_of(t + 3u);
  let high = vec4f(a.x, b.x, c.x, d.x);
  let low = vec4f(a.y, b.y, c.y, d.y);
  var block: mat4x4f;
  for (var i = 0u; i < 4u; i++) {
    let j = 16u * (slice - before) + k + i;
    var four = vec4f();
    if (j < count && j <= t + 3u) {
      let sum = sum_of(j);
      let weight = exp(clamp((high - sum.x) + (low - sum.y), vec4f(-87.0), vec4f())) *
        delta[(text * p.length + first + j) * p.heads + head];
      let seen = vec4u(j) <= vec4u(t, t + 1u, t + 2u, t + 3u);
      four = select(vec4f(), weight * scores[(scores_at + j * p.pitch + t) / 4u], seen);
    }
    block[i] = four;
  }
  return block;
}
fn x_of(t: u32, c: u32) -> vec4f {
  return four_of_x((text * p.length + first + t) * p.x_width + p.x_from + head * p.head_dim + c,
    select(0u, p.head_dim - min(c, p.head_dim), t < count));
}
fn h_of(n: u32, c: u32) -> vec4f {
  return four_of_h(state_at + n * p.head_dim + c, select(0u, p.head_dim - min(c, p.head_dim), n < p.states));
}
fn right(slice: u32, k: u32, c: u32) -> mat4x4f {
  let at = column + c;
  if (slice < before) {
    let n = 16u * slice + k;
    return mat4x4f(h_of(n, at), h_of(n + 1u, at), h_of(n + 2u, at), h_of(n + 3u, at));
  }
  let t = 16u * (slice - before) + k;
  return mat4x4f(x_of(t, at), x_of(t + 1u, at), x_of(t + 2u, at), x_of(t + 3u, at));
}
fn finish(r: u32, c: u32, sum: vec4f) {
  let t = row + r;
  let at = column + c;
  if (t < count && at < p.head_dim) {
    let token = text * p.length + first + t;
    put((token * p.heads + head) * p.head_dim + at, p.head_dim - at, sum + D_skip * x_of(t, at));
  }
}
