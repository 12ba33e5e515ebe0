// The scan with everything that an experiment may do to it: one invocation a channel, token after token, four states at a time.
//
//   h = keep · Ā h + write · Δ x B̄ with x, Δ, A and B of channel source[d]; what is held then takes its value
//   y = C · h + D_skip · x with C, D_skip and x of the channel itself; the gate follows on its own
//
// x (batch, L, x_width) from column x_from on; delta (batch, L, H), ready for use; A_log (H, N), or (H) where one_A says so;
// BC (batch, L, bc_width) with B from column b_from and C from c_from on, N columns of each group; source (D), where moved says so;
// state (batch, D, N), read before the first token where carried says so, and written after the last;
// terms: what only some runs have, one after another, each at its own offset or absent (NONE): D_skip (H), frozen Δ (H; a negative
// entry leaves its head free), edits (batch, L, 2: write, keep), scale of Δ (batch, L), held (D, N, 2: whether, and at what), and B
// and C as constants (D, N);
// record (batch, L, out_width): column d takes y, delta_at + head Δ and states_at + d N + n the states where a trace wants them.
//
// No barrier. The walk is taken once for each four states, and the sum over states so far waits in the record: an experiment runs
// once, so this stays small instead of fast.
#import "../selective_scan/discretise.wgsl"

const NONE = 0xffffffffu;

struct Params {
  length: u32,
  channels: u32,
  states: u32,
  head_dim: u32,
  groups: u32,
  x_width: u32,
  x_from: u32,
  bc_width: u32,
  b_from: u32,
  c_from: u32,
  one_A: u32,
  moved: u32,
  carried: u32,
  skip_at: u32,
  frozen_at: u32,
  edits_at: u32,
  scale_at: u32,
  held_at: u32,
  constant_b_at: u32,
  constant_c_at: u32,
  out_width: u32,
  delta_at: u32,
  states_at: u32,
}

@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read> delta: array<f32>;
@group(0) @binding(3) var<storage, read> A_log: array<f32>;
@group(0) @binding(4) var<storage, read> BC: array<f32>;
@group(0) @binding(5) var<storage, read> terms: array<f32>;
@group(0) @binding(6) var<storage, read> source: array<u32>;
@group(0) @binding(7) var<storage, read_write> state: array<f32>;
@group(0) @binding(8) var<storage, read_write> record: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= p.channels) { return; }
  for (var n = 0u; n < p.states; n += 4u) { walk(id.z, id.x, n); }
}

/// Take states n to n + 3 of channel d of text b from the first token to the last.
fn walk(b: u32, d: u32, n: u32) {
  let row = (b * p.channels + d) * p.states + n;
  let s = driver(d);
  let A = A4(s / p.head_dim, n);
  var h = vec4f(0.0);
  if (p.carried != 0u) { h = existing(n, vec4f(state[row], state[row + 1u], state[row + 2u], state[row + 3u])); }

  for (var token = b * p.length; token < (b + 1u) * p.length; token++) {
    let at = token * p.out_width;
    let inputs = token * p.x_width + p.x_from;
    let step = step_size(token, s / p.head_dim);
    let edited = edit(token);
    let u = edited.x * step * x[inputs + s];
    h = hold(d, n, advance(h, A, step, u, edited.y, selected4(token, s, n, p.constant_b_at, p.b_from)));
    let y = dot(h, selected4(token, d, n, p.constant_c_at, p.c_from));
    if (n == 0u) { record[at + d] = y + skip(d / p.head_dim) * x[inputs + d]; } else { record[at + d] += y; }
    if (p.states_at != NONE) { keep_states(at + p.states_at + d * p.states, n, h); }
    if (p.delta_at != NONE && n == 0u && d % p.head_dim == 0u) {
      let head = d / p.head_dim;
      record[at + p.delta_at + head] = step_size(token, head);
    }
  }
  for (var i = 0u; i < 4u && n + i < p.states; i++) { state[row + i] = h[i]; }
}

/// The channel whose x, Δ, A and B drive the state of channel d.
fn driver(d: u32) -> u32 {
  if (p.moved == 0u) { return d; }
  return min(source[d], p.channels - 1u);
}

/// Of four numbers from state n on those whose states exist, 0 for the others.
fn existing(n: u32, four: vec4f) -> vec4f {
  return select(vec4f(0.0), four, vec4u(n, n + 1u, n + 2u, n + 3u) < vec4u(p.states));
}

fn A4(head: u32, n: u32) -> vec4f {
  if (p.one_A != 0u) { return existing(n, dynamics(vec4f(A_log[head]))); }
  let i = head * p.states + n;
  return existing(n, dynamics(vec4f(A_log[i], A_log[i + 1u], A_log[i + 2u], A_log[i + 3u])));
}

/// Four entries of B or C: of the channel's group at this token, or the channel's constants.
fn selected4(token: u32, channel: u32, n: u32, constant_at: u32, column: u32) -> vec4f {
  if (constant_at != NONE) { return terms4(n, constant_at + channel * p.states + n, 1u); }
  let group = channel / (p.channels / p.groups);
  let i = token * p.bc_width + column + group * p.states + n;
  return existing(n, vec4f(BC[i], BC[i + 1u], BC[i + 2u], BC[i + 3u]));
}

fn terms4(n: u32, i: u32, stride: u32) -> vec4f {
  return existing(n, vec4f(terms[i], terms[i + stride], terms[i + 2u * stride], terms[i + 3u * stride]));
}

/// Δ of a head at a token, frozen and scaled.
fn step_size(token: u32, head: u32) -> f32 {
  var step = delta[token * (p.channels / p.head_dim) + head];
  if (p.frozen_at != NONE && terms[p.frozen_at + head] >= 0.0) { step = terms[p.frozen_at + head]; }
  if (p.scale_at != NONE) { step *= terms[p.scale_at + token]; }
  return step;
}

/// Write and keep multipliers of a token.
fn edit(token: u32) -> vec2f {
  if (p.edits_at == NONE) { return vec2f(1.0); }
  let i = p.edits_at + 2u * token;
  return vec2f(terms[i], terms[i + 1u]);
}

fn hold(d: u32, n: u32, h: vec4f) -> vec4f {
  if (p.held_at == NONE) { return h; }
  let i = p.held_at + 2u * (d * p.states + n);
  return select(h, terms4(n, i + 1u, 2u), terms4(n, i, 2u) != vec4f(0.0));
}

fn skip(head: u32) -> f32 {
  if (p.skip_at == NONE) { return 0.0; }
  return terms[p.skip_at + head];
}

fn keep_states(row: u32, n: u32, h: vec4f) {
  for (var i = 0u; i < 4u && n + i < p.states; i++) { record[row + n + i] = h[i]; }
}
