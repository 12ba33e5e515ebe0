// SSD's way back, pairs of tokens j ≤ i of a chunk. With G_ji = x_j · dy_i and W_ji = Δ_j exp(sum_i − sum_j) (C_i · B_j) G_ji:
//
// - d_scores (batch, chunks, slices, G, pitch j, pitch i): Σ over the heads of a slice of Δ_j exp(sum_i − sum_j) G_ji, the gradient
//   of C_i · B_j; tiles above the diagonal are not written
// - edges (batch, H, chunks, pairs of tiles, 2, 64), pair I (I + 1) / 2 + J for columns I, rows J ≤ I: second, Σ_i W_ji / Δ_j for
//   each row j, which goes to Δ_j; first, for each column i Σ_j W_ji where I > J, and on the diagonal what the decay of token i
//   matters to the tile, Σ W over all rows before and columns from i on: sums of W alone, no differences
// - d_skip (batch, chunks, tiles, H): Σ_j G_jj, parts of the gradient of D
//
// dy (batch, L, H · P), x, sums (batch, H, L) in twos, delta (batch, L, H), scores (batch, chunks, G, pitch j, pitch i). A workgroup
// makes one tile of 64 × 64 for `each` heads of a group, one after the other, and keeps their sum in registers.
#import "params.wgsl"
@group(0) @binding(3) var<storage, read> sums: array<vec2f>;
@group(0) @binding(4) var<storage, read> delta: array<f32>;
@group(0) @binding(5) var<storage, read> scores: array<vec4f>;
@group(0) @binding(6) var<storage, read_write> d_scores: array<vec4f>;
@group(0) @binding(7) var<storage, read_write> edges: array<f32>;
@group(0) @binding(8) var<storage, read_write> d_skip: array<f32>;

var<private> first: u32;
var<private> count: u32;
var<private> text: u32;
var<private> head: u32;
var<private> row: u32;
var<private> column: u32;
var<private> scores_at: u32;

fn x_of(t: u32, c: u32) -> vec4f {
  return four_of_x((text * p.length + first + t) * p.x_width + p.x_from + head * p.head_dim + c,
    select(0u, p.head_dim - min(c, p.head_dim), t < count));
}
fn dy_of(t: u32, c: u32) -> vec4f {
  return four_of_dy(((text * p.length + first + t) * p.heads + head) * p.head_dim + c,
    select(0u, p.head_dim - min(c, p.head_dim), t < count));
}
fn left(slice: u32, k: u32, r: u32) -> mat4x4f {
  let t = row + r;
  let c = 16u * slice + k;
  return turned(x_of(t, c), x_of(t + 1u, c), x_of(t + 2u, c), x_of(t + 3u, c));
}
fn right(slice: u32, k: u32, r: u32) -> mat4x4f {
  let t = column + r;
  let c = 16u * slice + k;
  return turned(dy_of(t, c), dy_of(t + 1u, c), dy_of(t + 2u, c), dy_of(t + 3u, c));
}

fn sum_of(t: u32) -> vec2f { return sums[(text * p.heads + head) * p.length + first + min(t, count - 1u)]; }
fn delta_of(t: u32) -> f32 { return delta[(text * p.length + first + min(t, count - 1u)) * p.heads + head]; }
fn deltas_of(t: u32) -> vec4f { return vec4f(delta_of(t), delta_of(t + 1u), delta_of(t + 2u), delta_of(t + 3u)); }

/// The two parts of the sums of four tokens.
struct Sums { high: vec4f, low: vec4f }
fn sums_of(t: u32) -> Sums {
  let a = sum_of(t); let b = sum_of(t + 1u); let c = sum_of(t + 2u); let d = sum_of(t + 3u);
  return Sums(vec4f(a.x, b.x, c.x, d.x), vec4f(a.y, b.y, c.y, d.y));
}

/// exp(sum_i − sum_j) for token j and four tokens i, 0 where i < j.
fn decays(j: u32, i: u32, to: Sums) -> vec4f {
  let sum = sum_of(row + j);
  let seen = vec4u(row + j) <= column + vec4u(i, i + 1u, i + 2u, i + 3u);
  return select(vec4f(), exp(clamp((to.high - sum.x) + (to.low - sum.y), vec4f(-87.0), vec4f())), seen);
}
fn decayed(m: mat4x4f, j: u32, i: u32, to: Sums) -> mat4x4f {
  return mat4x4f(
    m[0] * decays(j, i, to), m[1] * decays(j + 1u, i, to),
    m[2] * decays(j + 2u, i, to), m[3] * decays(j + 3u, i, to));
}
fn at_scores(j: u32, i: u32) -> u32 { return ((row + j) * p.pitch + column + i) / 4u; }
fn times_scores(m: mat4x4f, j: u32, i: u32) -> mat4x4f {
  let at = scores_at / 4u + at_scores(j, i);
  let next = p.pitch / 4u;
  return mat4x4f(
    m[0] * scores[at], m[1] * scores[at + next], m[2] * scores[at + 2u * next], m[3] * scores[at + 3u * next]);
}
fn down(m: mat4x4f) -> vec4f { return (m[0] + m[1]) + (m[2] + m[3]); }
fn all_of(m: mat4x4f) -> f32 { return dot(down(m), vec4f(1.0)); }

/// Of a block of four on the diagonal: the trace of G, then the sums of W over rows before 1, 2, 3 and columns from there on.
fn on_diagonal(G: mat4x4f, W: mat4x4f) -> vec4f {
  return vec4f(
    G[0].x + G[1].y + G[2].z + G[3].w,
    W[0].y + W[0].z + W[0].w,
    (W[0].z + W[0].w) + (W[1].z + W[1].w),
    W[0].w + W[1].w + W[2].w);
}

/// From the sums of blocks of four: those of all rows before block q and all columns after it.
fn blocks_around(q: u32) -> f32 {
  var sum = 0.0;
  for (var i = 0u; i < 64u; i++) {
    let four = rs[128u + i];
    let tx = i % 8u;
    let ty = i / 8u;
    if (q < 8u) {
      if (ty < q) { sum += four.y + select(0.0, four.x, tx > q); }
    } else if (tx + 8u > q) {
      sum += four.y + select(0.0, four.w, ty + 8u < q);
    }
  }
  return sum;
}

@compute @workgroup_size(64)
fn main(@builtin(local_invocation_index) local: u32, @builtin(workgroup_id) group: vec3u) {
  let tiles = p.pitch / 64u;
  let heads = p.heads / p.groups;
  let slices = (heads + p.each - 1u) / p.each;
  let slice_of = group.x % slices;
  let g = group.x / slices % p.groups;
  let pair = group.x / slices / p.groups;
  var across_tile = 0u;
  while ((across_tile + 1u) * (across_tile + 2u) / 2u <= pair) { across_tile++; }
  let down_tile = pair - across_tile * (across_tile + 1u) / 2u;
  let diagonal = across_tile == down_tile;
  let chunk = group.y;
  text = group.z;
  row = 64u * down_tile;
  column = 64u * across_tile;
  first = chunk * p.chunk;
  count = min(p.chunk, p.length - first);
  scores_at = ((text * p.chunks + chunk) * p.groups + g) * p.pitch * p.pitch;

  let tx = local % 8u;
  let ty = local / 8u;
  let q = local / 4u;
  let b = local % 4u;
  var total = Tile();
  for (var one = slice_of * p.each; one < min((slice_of + 1u) * p.each, heads); one++) {
    head = g * heads + one;
    var G = Tile();
    for (var slice = 0u; slice < (p.head_dim + 15u) / 16u; slice++) {
      add_slice(&G, local, slice, select(ALL, ALL_BUT_LOWER_LEFT, diagonal));
    }
    // By rows, by rows beside the diagonal, and by columns beside it.
    var by_rows = array<vec4f, 2>();
    var beside_rows = array<vec4f, 2>();
    var beside_columns = array<vec4f, 2>();
    var blocks = vec4f();
    var middle = array<vec4f, 2>();
    for (var part = 0u; part < 4u; part++) {
      if (part == 2u && diagonal) { continue; }
      var own = G.s00;
      switch part {
        case 1u: { own = G.s01; }
        case 2u: { own = G.s10; }
        case 3u: { own = G.s11; }
        default: {}
      }
      let j = 32u * (part / 2u) + 4u * ty;
      let i = 32u * (part % 2u) + 4u * tx;
      let steps = deltas_of(row + j);
      let m = decayed(own, j, i, sums_of(column + i));
      let share = rows(m, steps);
      switch part {
        case 1u: { total.s01 += share; }
        case 2u: { total.s10 += share; }
        case 3u: { total.s11 += share; }
        default: { total.s00 += share; }
      }
      let weighted = times_scores(m, j, i);
      let W = rows(weighted, steps);
      let sums = across(weighted);
      let beyond = select(0.0, 1.0, !diagonal || i > j);
      by_rows[part / 2u] += sums;
      beside_rows[part / 2u] += beyond * steps * sums;
      beside_columns[part % 2u] += beyond * down(W);
      blocks[part] = beyond * all_of(W);
      if (i == j) { middle[part / 2u] = on_diagonal(own, W); }
    }
    workgroupBarrier();
    for (var half = 0u; half < 2u; half++) {
      ls[64u * half + ty * 8u + tx] = by_rows[half];
      ls[128u + 64u * half + ty * 8u + tx] = beside_rows[half];
      rs[64u * half + tx * 8u + ty] = beside_columns[half];
      if (tx == ty) { rs[192u + 8u * half + ty] = middle[half]; }
    }
    rs[128u + local] = blocks;
    workgroupBarrier();
    var of_rows = vec4f();
    var of_columns = vec4f();
    for (var i = 0u; i < 8u; i++) {
      of_rows += ls[q * 8u + i];
      of_columns += rs[q * 8u + i];
    }
    let at = (((text * p.heads + head) * p.chunks + chunk) * (tiles * (tiles + 1u) / 2u) + pair) * 128u + local;
    edges[at + 64u] = of_rows[b];
    if (!diagonal) {
      edges[at] = of_columns[b];
      continue;
    }
    var beside = vec4f();
    for (var i = 0u; i < 8u; i++) { beside += ls[128u + q * 8u + i]; }
    let later = vec4u(0u, 1u, 2u, 3u) >= vec4u(b);
    edges[at] = dot(select(beside, of_columns, later), vec4f(1.0)) +
      select(rs[192u + q][b], 0.0, b == 0u) + blocks_around(q);
    if (local == 0u) {
      var trace = 0.0;
      for (var i = 0u; i < 16u; i++) { trace += rs[192u + i].x; }
      d_skip[((text * p.chunks + chunk) * tiles + down_tile) * p.heads + head] = trace;
    }
  }
  let to = (((text * p.chunks + chunk) * slices + slice_of) * p.groups + g) * p.pitch * p.pitch;
  for (var part = 0u; part < 4u; part++) {
    var four = total.s00;
    switch part {
      case 1u: { four = total.s01; }
      case 2u: { four = total.s10; }
      case 3u: { four = total.s11; }
      default: {}
    }
    for (var r = 0u; r < 4u; r++) {
      d_scores[to / 4u + at_scores(32u * (part / 2u) + 4u * ty + r, 32u * (part % 2u) + 4u * tx)] = four[r];
    }
  }
}
