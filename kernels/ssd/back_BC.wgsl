// SSD's way back, what B and C get within chunks: dC_i = Σ_{j ≤ i} E_ji B_j and dB_j = Σ_{i ≥ j} E_ji C_i with E the gradient of their
// products. BC, d_scores (batch, chunks, G, pitch j, pitch i) → the last of shares (batch, L, 2 (C, B), slices + 1, G · N). A
// workgroup a tile of 64 tokens × 64 of N of C or B; tokens are the inner dimension.
#import "params.wgsl"
@group(0) @binding(2) var<storage, read> d_scores: array<vec4f>;

var<private> first: u32;
var<private> count: u32;
var<private> text: u32;
var<private> group_of: u32;
var<private> side: u32;
var<private> row: u32;
var<private> column: u32;
var<private> scores_at: u32;

fn begin(group: vec3u) {
  let wide = (p.states + 63u) / 64u;
  let tiles = p.pitch / 64u;
  column = group.x % wide * 64u;
  row = group.x / wide % tiles * 64u;
  side = group.x / wide / tiles % 2u;
  group_of = group.x / wide / tiles / 2u;
  text = group.z;
  first = group.y * p.chunk;
  count = min(p.chunk, p.length - first);
  scores_at = ((text * p.chunks + group.y) * p.groups + group_of) * p.pitch * p.pitch;
}
fn inner(group: vec3u) -> u32 {
  let wide = (p.states + 63u) / 64u;
  let tiles = p.pitch / 64u;
  let tokens = min(p.chunk, p.length - group.y * p.chunk);
  let above = min(group.x / wide % tiles * 64u, tokens);
  let of_C = group.x / wide / tiles % 2u == 0u;
  return (select(tokens - above, min(above + 64u, tokens), of_C) + 15u) / 16u;
}
fn scale_at() -> u32 { return 0xffffffffu; }
fn scale(r: u32) -> vec4f { return vec4f(1.0); }
fn part(slice: u32) -> u32 { return ALL; }
fn left_across(slice: u32) -> bool { return side == 0u; }
fn right_across(slice: u32) -> bool { return true; }
fn scores_of(j: u32, i: u32) -> vec4f { return d_scores[(scores_at + j * p.pitch + i) / 4u]; }
fn left(slice: u32, k: u32, r: u32) -> mat4x4f {
  let t = row + r;
  if (side == 0u) {
    let j = 16u * slice + k;
    return mat4x4f(scores_of(j, t), scores_of(j + 1u, t), scores_of(j + 2u, t), scores_of(j + 3u, t));
  }
  let i = row + 16u * slice + k;
  return turned(scores_of(t, i), scores_of(t + 1u, i), scores_of(t + 2u, i), scores_of(t + 3u, i));
}
/// B for C's gradient, C for B's.
fn other(t: u32, n: u32) -> vec4f {
  return four_of_BC((text * p.length + first + t) * p.bc_width + select(p.c_from, p.b_from, side == 0u) + group_of * p.states + n,
    select(0u, p.states - min(n, p.states), t < count));
}
fn right(slice: u32, k: u32, c: u32) -> mat4x4f {
  let t = select(row, 0u, side == 0u) + 16u * slice + k;
  let n = column + c;
  return mat4x4f(other(t, n), other(t + 1u, n), other(t + 2u, n), other(t + 3u, n));
}
fn finish(r: u32, c: u32, sum: vec4f) {
  let t = row + r;
  let n = column + c;
  if (t >= count || n >= p.states) { return; }
  let token = text * p.length + first + t;
  let slices = (p.heads / p.groups + p.each - 1u) / p.each;
  put(((2u * token + side) * (slices + 1u) + slices) * p.groups * p.states + group_of * p.states + n, p.states - n, sum);
}
