// SSD by chunks, before step 4: B_j · C_i for all tokens j ≤ i of a chunk, once for each group of heads.
// BC (batch, L, bc_width) → scores (batch, chunks, G, pitch j, pitch i): pitch is the chunk in whole tiles of 64; what lies
// past the chunk is zero, tiles above the diagonal are not written. A workgroup a tile (see tile.wgsl).
#import "params.wgsl"
@group(0) @binding(2) var<storage, read_write> scores: array<vec4f>;

var<private> first: u32;
var<private> count: u32;
var<private> B_at: u32;
var<private> C_at: u32;
var<private> to: u32;
var<private> row: u32;
var<private> column: u32;

fn begin(group: vec3u) {
  let tiles = p.pitch / 64u;
  row = group.x / tiles * 64u;
  column = group.x % tiles * 64u;
  let chunk = group.y / p.groups;
  let g = group.y % p.groups;
  first = chunk * p.chunk;
  count = min(p.chunk, p.length - first);
  let start = (group.z * p.length + first) * p.bc_width + g * p.states;
  B_at = start + p.b_from;
  C_at = start + p.c_from;
  to = ((group.z * p.chunks + chunk) * p.groups + g) * p.pitch * p.pitch;
}
fn inner(group: vec3u) -> u32 {
  let tiles = p.pitch / 64u;
  return select(0u, (p.states + 15u) / 16u, group.x / tiles <= group.x % tiles);
}
fn scale_at() -> u32 { return 0xffffffffu; }
fn scale(r: u32) -> vec4f { return vec4f(1.0); }
fn part(slice: u32) -> u32 { return ALL; }
fn left_across(slice: u32) -> bool { return false; }
fn right_across(slice: u32) -> bool { return false; }
fn token(start: u32, t: u32, n: u32) -> vec4f {
  return four_of_BC(start + t * p.bc_width + n, select(0u, p.states - min(n, p.states), t < count));
}
fn block(start: u32, t: u32, n: u32) -> mat4x4f {
  return turned(token(start, t, n), token(start, t + 1u, n), token(start, t + 2u, n), token(start, t + 3u, n));
}
fn left(slice: u32, k: u32, r: u32) -> mat4x4f { return block(B_at, row + r, 16u * slice + k); }
fn right(slice: u32, k: u32, c: u32) -> mat4x4f { return block(C_at, column + c, 16u * slice + k); }
fn finish(r: u32, c: u32, sum: vec4f) {
  if (row <= column) { scores[(to + (row + r) * p.pitch + column + c) / 4u] = sum; }
}
