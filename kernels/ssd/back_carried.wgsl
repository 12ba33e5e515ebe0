// SSD's way back, what B and C get through the states that pass from chunk to chunk. For B: exp(sum of the chunk − sum_j) x_j dhᵀ times
// Δ_j, dh the gradient of the state after the chunk. For C, where swapped: exp(sum_i) dy_i hᵀ, h the state before the chunk.
//
// BC, x or dy, sums (batch, H, L) in twos, delta (batch, L, H), h or dh (batch, chunks, H, N, P) →
// - shares (batch, L, 2 (C, B), slices + 1, G · N): the sum over the heads of a slice; the last is left to back_BC.wgsl
// - crossing (batch, H, L, 2 (C, B), tiles of N): each head's times C_i, or B_j (before Δ_j): what the decays of the tokens up to i,
//   or after j, matter to it
//
// A workgroup makes one tile of 64 tokens × 64 of N for `each` heads of a group, one after the other, and keeps their sum in
// registers.
#import "params.wgsl"
@group(0) @binding(3) var<storage, read> sums: array<vec2f>;
@group(0) @binding(4) var<storage, read> delta: array<f32>;
@group(0) @binding(6) var<storage, read_write> crossing: array<f32>;

var<private> first: u32;
var<private> count: u32;
var<private> text: u32;
var<private> head: u32;
var<private> row: u32;
var<private> column: u32;
var<private> chunk: u32;
var<private> own_at: u32;

fn x_of(t: u32, c: u32) -> vec4f {
  return four_of_x((text * p.length + first + t) * p.x_width + p.x_from + head * p.head_dim + c,
    select(0u, p.head_dim - min(c, p.head_dim), t < count));
}
fn h_of(n: u32, c: u32) -> vec4f {
  return four_of_h((((text * p.chunks + chunk) * p.heads + head) * p.states + n) * p.head_dim + c,
    select(0u, p.head_dim - min(c, p.head_dim), n < p.states));
}
fn left(slice: u32, k: u32, r: u32) -> mat4x4f {
  let t = row + r;
  let c = 16u * slice + k;
  return turned(x_of(t, c), x_of(t + 1u, c), x_of(t + 2u, c), x_of(t + 3u, c));
}
fn right(slice: u32, k: u32, r: u32) -> mat4x4f {
  let n = column + r;
  let c = 16u * slice + k;
  return turned(h_of(n, c), h_of(n + 1u, c), h_of(n + 2u, c), h_of(n + 3u, c));
}

fn sum_of(t: u32) -> vec2f { return sums[(text * p.heads + head) * p.length + first + min(t, count - 1u)]; }
fn decay(t: u32) -> f32 {
  var sum = sum_of(t);
  if (p.swapped == 0u) { sum = sum_of(count - 1u) - sum; }
  return decay_of(sum.x + sum.y);
}
fn decays(t: u32) -> vec4f { return vec4f(decay(t), decay(t + 1u), decay(t + 2u), decay(t + 3u)); }
fn delta_of(t: u32) -> f32 {
  if (p.swapped == 1u) { return 1.0; }
  return delta[(text * p.length + first + min(t, count - 1u)) * p.heads + head];
}
fn deltas_of(t: u32) -> vec4f { return vec4f(delta_of(t), delta_of(t + 1u), delta_of(t + 2u), delta_of(t + 3u)); }

/// Products of a block's rows with the same of C or B.
fn with_own(m: mat4x4f, t: u32, n: u32) -> vec4f {
  let at = own_at + t * p.bc_width + n;
  let width = p.bc_width;
  let valid = p.states - min(n, p.states);
  return vec4f(
    dot(m[0], four_of_BC(at, select(0u, valid, t < count))),
    dot(m[1], four_of_BC(at + width, select(0u, valid, t + 1u < count))),
    dot(m[2], four_of_BC(at + 2u * width, select(0u, valid, t + 2u < count))),
    dot(m[3], four_of_BC(at + 3u * width, select(0u, valid, t + 3u < count))));
}

fn finish(slice_of: u32, g: u32, t: u32, n: u32, m: mat4x4f) {
  if (n >= p.states) { return; }
  let slices = (p.heads / p.groups + p.each - 1u) / p.each;
  for (var i = 0u; i < 4u; i++) {
    if (t + i >= count) { return; }
    let token = text * p.length + first + t + i;
    put(((2u * token + 1u - p.swapped) * (slices + 1u) + slice_of) * p.groups * p.states + g * p.states + n,
      p.states - n, m[i]);
  }
}

@compute @workgroup_size(64)
fn main(@builtin(local_invocation_index) local: u32, @builtin(workgroup_id) group: vec3u) {
  let tiles = p.pitch / 64u;
  let wide = (p.states + 63u) / 64u;
  let heads = p.heads / p.groups;
  let slices = (heads + p.each - 1u) / p.each;
  let slice_of = group.x % slices;
  let g = group.x / slices % p.groups;
  let tile = group.x / slices / p.groups;
  chunk = group.y;
  text = group.z;
  row = tile / wide * 64u;
  column = tile % wide * 64u;
  first = chunk * p.chunk;
  count = min(p.chunk, p.length - first);
  own_at = (text * p.length + first) * p.bc_width + p.b_from + g * p.states;

  // The first chunk has no state before it, the last one none after it.
  let nothing = group.y == select(p.chunks - 1u, 0u, p.swapped == 1u);
  let tx = local % 8u;
  let ty = local / 8u;
  let t0 = row + 4u * ty;
  let t1 = t0 + 32u;
  let n0 = column + 4u * tx;
  let n1 = n0 + 32u;
  var total = Tile();
  for (var one = slice_of * p.each; one < min((slice_of + 1u) * p.each, heads); one++) {
    head = g * heads + one;
    var sum = Tile();
    for (var slice = 0u; slice < select((p.head_dim + 15u) / 16u, 0u, nothing); slice++) { add_slice(&sum, local, slice, ALL); }
    let d0 = decays(t0);
    let d1 = decays(t1);
    sum.s00 = rows(sum.s00, d0);
    sum.s01 = rows(sum.s01, d0);
    sum.s10 = rows(sum.s10, d1);
    sum.s11 = rows(sum.s11, d1);
    let s0 = deltas_of(t0);
    let s1 = deltas_of(t1);
    total.s00 += rows(sum.s00, s0);
    total.s01 += rows(sum.s01, s0);
    total.s10 += rows(sum.s10, s1);
    total.s11 += rows(sum.s11, s1);
    let own0 = with_own(sum.s00, t0, n0) + with_own(sum.s01, t0, n1);
    let own1 = with_own(sum.s10, t1, n0) + with_own(sum.s11, t1, n1);
    workgroupBarrier();
    ls[ty * 8u + tx] = own0;
    ls[64u + ty * 8u + tx] = own1;
    workgroupBarrier();
    var crosses = 0.0;
    for (var i = 0u; i < 8u; i++) { crosses += ls[local / 4u * 8u + i][local % 4u]; }
    let t = row + local;
    if (t < count) {
      crossing[(((text * p.heads + head) * p.length + first + t) * 2u + (1u - p.swapped)) * wide + tile % wide] = crosses;
    }
  }
  for (var part = 0u; part < 4u; part++) {
    var four = total.s00;
    switch part {
      case 1u: { four = total.s01; }
      case 2u: { four = total.s10; }
      case 3u: { four = total.s11; }
      default: {}
    }
    finish(slice_of, g, t0 + 32u * (part / 2u), n0 + 32u * (part % 2u), four);
  }
}
