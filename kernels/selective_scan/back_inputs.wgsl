// The inputs of the way back in lanes, as they come into workgroup memory.
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read> delta: array<f32>;
@group(0) @binding(3) var<storage, read> BC: array<f32>;
@group(0) @binding(4) var<storage, read> above: array<f32>;
@group(0) @binding(5) var<storage, read> z: array<f32>;
@group(0) @binding(6) var<storage, read> terms: array<f32>;

var<workgroup> step_of: array<f32, TOKENS * CHANNELS>;
var<workgroup> x_of: array<f32, TOKENS * CHANNELS>;
var<workgroup> dy_of: array<f32, TOKENS * CHANNELS>;
/// Of each token four quads of B, then four of C.
var<workgroup> BC_of: array<vec4f, TOKENS * 8u>;

/// One token and channel as they stand in memory; zeros where there is none.
struct Cell { delta: f32, x: f32, above: f32, z: f32, there: f32 }

/// What a thread brings of TOKENS tokens: two cells of one channel, TOKENS / 2 tokens apart, and of the first threads each a quad.
struct Coming { a: Cell, b: Cell, quad: vec4f }

fn fetch(local: u32, own: u32, b: u32, t: u32, output: bool) -> Coming {
  var quad = vec4f(0.0);
  if (local < TOKENS * 8u) {
    let token = t + local / 8u;
    let n = local % 4u * 4u;
    let column = select(p.b_from, p.c_from, local % 8u >= 4u);
    if (token < p.length) { quad = BC4((b * p.length + token) * p.bc_width + column, n); }
  }
  let first = t + local / CHANNELS;
  return Coming(cell(b, first, own, output), cell(b, first + TOKENS / 2u, own, output), quad);
}

fn cell(b: u32, t: u32, d: u32, output: bool) -> Cell {
  if (t >= p.length || d >= p.channels) { return Cell(); }
  let row = b * p.length + t;
  let i = row * p.channels + d;
  var up = 0.0;
  var gate = 0.0;
  if (output) {
    up = above[i];
    if (GATED) { gate = z[row * p.z_width + p.z_from + d]; }
  }
  return Cell(delta[i], x[i], up, gate, 1.0);
}

fn put(local: u32, coming: Coming, bias: f32) {
  put_cell(local, coming.a, bias);
  put_cell(local + THREADS, coming.b, bias);
  if (local < TOKENS * 8u) { BC_of[local] = coming.quad; }
}

fn put_cell(i: u32, c: Cell, bias: f32) {
  let raw = c.delta + bias;
  if (SOFTPLUS) { step_of[i] = c.there * softplus(raw); } else { step_of[i] = c.there * raw; }
  x_of[i] = c.x;
  if (GATED) { dy_of[i] = c.above * silu(c.z); } else { dy_of[i] = c.above; }
}

/// Of four numbers from state n on those whose states exist, 0 for the others.
fn existing(n: u32, four: vec4f) -> vec4f {
  if (STATES == 16u) { return four; }
  return select(vec4f(0.0), four, vec4u(n, n + 1u, n + 2u, n + 3u) < vec4u(STATES));
}

fn BC4(row: u32, n: u32) -> vec4f {
  let i = row + n;
  return existing(n, vec4f(BC[i], BC[i + 1u], BC[i + 2u], BC[i + 3u]));
}

/// A of a quad as `decay` takes it.
fn A4(d: u32, n: u32) -> vec4f {
  let i = d * STATES + n;
  return existing(n, dynamics(vec4f(terms[i], terms[i + 1u], terms[i + 2u], terms[i + 3u])));
}

fn bias_of(d: u32) -> f32 {
  if (BIASED && d < p.channels) { return terms[p.channels * STATES + d]; }
  return 0.0;
}
