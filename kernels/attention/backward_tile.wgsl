// What both passes of the way back in tiles share (FlashAttention-2, Dao 2023, algorithm 2): scores of 64 queries and 64 keys are made
// again, never stored. With P the shares, dP = dy vᵀ and D = dy · y: dS = P (dP − D), dv = Pᵀ dy, dk = dSᵀ q, dq = dS k.
//
// Layout of q, k, v as in params.wgsl, sizes, strides and columns in fours; dy (batch, time, heads · HEAD_DIM); sums (batch, time,
// heads): log Σ exp of the scores; through (batch, time, heads): D. A workgroup of 16 × 16 invocations (tx, ty); each keeps 4 × 4 numbers
// of a matrix in registers. Through workgroup memory go slices: 16 columns of q, dy, k and v at a time, turned, so that four rows
// lie in a quad; then 16 rows of shares with the 16 rows that they are multiplied with. BLOCKS: how many times 64 columns a head has.
#import "./params.wgsl"
@group(0) @binding(1) var<storage, read> q: array<vec4f>;
@group(0) @binding(2) var<storage, read> k: array<vec4f>;
@group(0) @binding(3) var<storage, read> v: array<vec4f>;
@group(0) @binding(4) var<storage, read> dy: array<vec4f>;
@group(0) @binding(5) var<storage, read> sums: array<f32>;
@group(0) @binding(6) var<storage, read> through: array<f32>;

const LOG2E = 1.4426950408889634;
const TILE = 64u;
const SLICE = 16u;
const PART = SLICE * TILE / 4u;

/// Four slices of 16 × 64 numbers.
var<workgroup> slices: array<vec4f, 4u * PART>;

/// One head of one text, and where its rows begin.
struct Place { text: u32, head: u32, q_at: u32, k_at: u32, v_at: u32, dy_at: u32 }

fn place_of(text: u32, head: u32) -> Place {
  let group = head * p.kv_heads / p.heads;
  return Place(
    text, head,
    text * p.time * p.q_stride + p.q_first + head * HEAD_DIM,
    text * p.keys * p.k_stride + p.k_first + group * HEAD_DIM,
    text * p.keys * p.v_stride + p.v_first + group * HEAD_DIM,
    (text * p.time * p.heads + head) * HEAD_DIM);
}

fn q_quad(place: Place, t: u32, c: u32) -> vec4f {
  if (t >= p.time || c >= HEAD_DIM) { return vec4f(); }
  return q[(place.q_at + t * p.q_stride + c) / 4u];
}
fn dy_quad(place: Place, t: u32, c: u32) -> vec4f {
  if (t >= p.time || c >= HEAD_DIM) { return vec4f(); }
  return dy[(place.dy_at + t * p.heads * HEAD_DIM + c) / 4u];
}
fn k_quad(place: Place, s: u32, c: u32) -> vec4f {
  if (s >= p.keys || c >= HEAD_DIM) { return vec4f(); }
  return k[(place.k_at + s * p.k_stride + c) / 4u];
}
fn v_quad(place: Place, s: u32, c: u32) -> vec4f {
  if (s >= p.keys || c >= HEAD_DIM) { return vec4f(); }
  return v[(place.v_at + s * p.v_stride + c) / 4u];
}

/// Number r of the matrix is row r: a[r] times b.
fn outer(a: vec4f, b: vec4f) -> mat4x4f { return mat4x4f(a.x * b, a.y * b, a.z * b, a.w * b); }

/// Bring columns c… of 64 queries from `t` on and of 64 keys from `s` on: q, dy, k, v. 64 invocations have one matrix each.
fn bring(local: u32, place: Place, t: u32, s: u32, c: u32) {
  let quad = local % 64u / 4u;
  let column = c + 4u * (local % 4u);
  let to = local / 64u * PART + 4u * (local % 4u) * (TILE / 4u) + quad;
  var block = mat4x4f();
  for (var r = 0u; r < 4u; r++) {
    switch local / 64u {
      case 0u: { block[r] = q_quad(place, t + 4u * quad + r, column); }
      case 1u: { block[r] = dy_quad(place, t + 4u * quad + r, column); }
      case 2u: { block[r] = k_quad(place, s + 4u * quad + r, column); }
      default: { block[r] = v_quad(place, s + 4u * quad + r, column); }
    }
  }
  block = transpose(block);
  for (var i = 0u; i < 4u; i++) { slices[to + i * (TILE / 4u)] = block[i]; }
}

/// Shares of queries from t on in one key, and the gradients of their scores.
struct Column { share: vec4f, pull: vec4f }

/// @param score, gain q · k and dy · v of queries t… with key s
fn column_of(score: vec4f, gain: vec4f, sum: vec4f, d: vec4f, t: u32, s: u32) -> Column {
  let rows = t + vec4u(0u, 1u, 2u, 3u);
  let sees = (rows >= vec4u(s)) & (rows < vec4u(p.time)) & vec4<bool>(s < p.keys);
  let share = select(vec4f(), exp2(max((p.scale * score - sum) * LOG2E, vec4f(-126.0))), sees);
  return Column(share, share * (gain - d) * p.scale);
}

/// Four neighbouring rows' number of a (batch, time, heads) tensor.
fn sums_of(place: Place, t: u32) -> vec4f {
  let i = vec4u(place.text * p.time + min(t + vec4u(0u, 1u, 2u, 3u), vec4u(p.time - 1u))) * p.heads + place.head;
  return vec4f(sums[i.x], sums[i.y], sums[i.z], sums[i.w]);
}
fn through_of(place: Place, t: u32) -> vec4f {
  let i = vec4u(place.text * p.time + min(t + vec4u(0u, 1u, 2u, 3u), vec4u(p.time - 1u))) * p.heads + place.head;
  return vec4f(through[i.x], through[i.y], through[i.z], through[i.w]);
}
