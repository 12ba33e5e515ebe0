// Mamba-2's recurrence, a thread a channel (head, p), its N states in registers: h = exp(Δ A) h + Δ x B, y = C · h + D x.
// x (batch, L, x_width), delta (batch, L, H), A_log (H), BC (batch, L, bc_width): B and C of G groups, N each; skip (H); state
// (batch, D, N) carried, or zeros where there is none; y (batch, L, D), D = H · P. Workgroups: 64 channels × 1 × texts.
struct Params {
  length: u32, channels: u32, sharing: u32, groups: u32, x_width: u32, x_from: u32, bc_width: u32, b_from: u32,
  c_from: u32, has_skip: u32
}

@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read> delta: array<f32>;
@group(0) @binding(3) var<storage, read> A_log: array<f32>;
@group(0) @binding(4) var<storage, read> BC: array<f32>;
@group(0) @binding(5) var<storage, read> skip: array<f32>;
@group(0) @binding(6) var<storage, read_write> y: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let d = id.x;
  let b = id.z;
  if (d >= p.channels) { return; }
  let head = d / p.sharing;
  let heads = p.channels / p.sharing;
  let A = -exp(A_log[head]);
  let group = d / (p.channels / p.groups) * STATES;
  let row = (b * p.channels + d) * STATES;
  var D_skip = 0.0;
  if (p.has_skip == 1u) { D_skip = skip[head]; }
  var h: array<f32, STATES>;
  for (var n = 0u; n < STATES; n++) { h[n] = begin(row + n); }
  for (var token = b * p.length; token < (b + 1u) * p.length; token++) {
    let step = delta[token * heads + head];
    let x_t = x[token * p.x_width + p.x_from + d];
    let decay = exp(max(step * A, -87.0));
    let u = step * x_t;
    let B = token * p.bc_width + p.b_from + group;
    let C = token * p.bc_width + p.c_from + group;
    var sum = 0.0;
    for (var n = 0u; n < STATES; n++) {
      h[n] = decay * h[n] + u * BC[B + n];
      sum += BC[C + n] * h[n];
    }
    y[token * p.channels + d] = sum + D_skip * x_t;
  }
  for (var n = 0u; n < STATES; n++) { leave(row + n, h[n]); }
}
