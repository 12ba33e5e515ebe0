// SSD by chunks, step 2: what each chunk by itself adds to the state, Σ_t exp(sum of the chunk − sum_t) Δ_t B_t x_tᵀ. Where swapped,
// what it gives to the gradient of the state before it, Σ_t exp(sum_t) C_t dy_tᵀ.
// BC, x, sums (batch, H, L) in twos, delta (batch, L, H) → chunk_states (batch, chunks, H, N, P). A workgroup a tile of N × P of a
// chunk of a head; tokens are the inner dimension.
#import "params.wgsl"
@group(0) @binding(3) var<storage, read> sums: array<vec2f>;
@group(0) @binding(4) var<storage, read> delta: array<f32>;

var<private> first: u32;
var<private> count: u32;
var<private> head: u32;
var<private> text: u32;
var<private> group_of: u32;
var<private> row: u32;
var<private> column: u32;
var<private> whole: vec2f;
var<private> sums_at: u32;
var<private> to: u32;

fn begin(group: vec3u) {
  let tiles = (p.head_dim + 63u) / 64u;
  row = group.x / tiles * 64u;
  column = group.x % tiles * 64u;
  head = group.z % p.heads;
  text = group.z / p.heads;
  group_of = head / (p.heads / p.groups);
  first = group.y * p.chunk;
  count = min(p.chunk, p.length - first);
  sums_at = group.z * p.length + first;
  whole = sums[sums_at + count - 1u];
  to = ((text * p.chunks + group.y) * p.heads + head) * p.states * p.head_dim;
}
fn inner(group: vec3u) -> u32 { return (min(p.chunk, p.length - group.y * p.chunk) + 15u) / 16u; }
fn scale_at() -> u32 { return 0xffffffffu; }
fn scale(r: u32) -> vec4f { return vec4f(1.0); }
fn part(slice: u32) -> u32 { return ALL; }
fn left_across(slice: u32) -> bool { return true; }
fn right_across(slice: u32) -> bool { return true; }
fn weighted(t: u32, n: u32) -> vec4f {
  if (t >= count) { return vec4f(); }
  let token = text * p.length + first + t;
  let sum = sums[sums_at + t];
  let rest = whole - sum;
  var weight = decay_of(sum.x + sum.y);
  if (p.swapped == 0u) { weight = decay_of(rest.x + rest.y) * delta[token * p.heads + head]; }
  return weight * four_of_BC(token * p.bc_width + p.b_from + group_of * p.states + n, p.states - min(n, p.states));
}
fn left(slice: u32, k: u32, r: u32) -> mat4x4f {
  let t = 16u * slice + k;
  let n = row + r;
  return mat4x4f(weighted(t, n), weighted(t + 1u, n), weighted(t + 2u, n), weighted(t + 3u, n));
}
fn x_of(t: u32, c: u32) -> vec4f {
  return four_of_x((text * p.length + first + t) * p.x_width + p.x_from + head * p.head_dim + c,
    select(0u, p.head_dim - min(c, p.head_dim), t < count));
}
fn right(slice: u32, k: u32, c: u32) -> mat4x4f {
  let t = 16u * slice + k;
  let at = column + c;
  return mat4x4f(x_of(t, at), x_of(t + 1u, at), x_of(t + 2u, at), x_of(t + 3u, at));
}
fn finish(r: u32, c: u32, sum: vec4f) {
  if (row + r < p.states && column + c < p.head_dim) {
    put(to + (row + r) * p.head_dim + column + c, p.head_dim - column - c, sum);
  }
}
