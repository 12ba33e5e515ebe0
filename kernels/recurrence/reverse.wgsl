// Back through chunk `at`, last token first, a thread a channel. dy (batch, L, D). carry (batch, D, CARRIED · N): the gradient of the
// state that goes on to the chunk before, what A has so far, and what constant B and C have. made (batch, L, 2D): gradients of x,
// then of each channel's Δ. In `inside` each token's states give way to dy · h, the terms of a selective C's gradient, and beside them
// come those of B's.
#import "./given.wgsl"
@group(0) @binding(5) var<storage, read> dy: array<f32>;
@group(0) @binding(6) var<storage, read_write> inside: array<f32>;
@group(0) @binding(7) var<storage, read_write> carry: array<f32>;
@group(0) @binding(8) var<storage, read_write> made: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let d = id.x;
  let b = id.z;
  if (d >= p.channels) { return; }
  var A: array<f32, STATES>;
  var Bs = constant_B(d);
  var Cs = constant_C(d);
  var back: array<f32, STATES>;
  var dA: array<f32, STATES>;
  var dBs = array<f32, STATES>();
  var dCs = array<f32, STATES>();
  let kept = (b * p.channels + d) * CARRIED * STATES;
  let newest = p.at + 1u == p.chunks;
  for (var n = 0u; n < STATES; n++) {
    A[n] = -exp(A_log[A_at(d, n)]);
    if (!newest) {
      back[n] = carry[kept + n];
      dA[n] = carry[kept + STATES + n];
      if (CONSTANT_B) { dBs[n] = carry[kept + 2u * STATES + n]; }
      if (CONSTANT_C) { dCs[n] = carry[kept + 3u * STATES + n]; }
    }
  }
  let steps = p.channels / p.sharing;
  let slot = p.channels * 2u * STATES;
  let first = p.at * p.chunk;
  for (var k = min(p.chunk, p.length - first); k > 0u; k--) {
    let token = b * p.length + first + k - 1u;
    let here = ((b * (p.chunk + 1u) + k) * p.channels + d) * 2u * STATES;
    let step = delta[token * steps + d / p.sharing];
    let x_t = x[token * p.x_width + p.x_from + d];
    let above = dy[token * p.channels + d];
    let b_row = token * p.bc_width + group_from(d, p.b_from);
    let c_row = token * p.bc_width + group_from(d, p.c_from);
    var dx = 0.0;
    var d_step = 0.0;
    for (var n = 0u; n < STATES; n++) {
      let v = step * A[n];
      let r = discretised(v);
      let before = inside[here - slot + n];
      let h = inside[here + n];
      let B = B_of(b_row, n, Bs[n]);
      let g = back[n] + above * C_of(c_row, n, Cs[n]);
      let write = B * x_t;
      dx += g * step * r.y * B;
      d_step += g * (r.z * A[n] * before + (r.y + v * r.w) * write);
      dA[n] += g * step * (r.z * before + step * r.w * write);
      let dB = g * step * r.y * x_t;
      if (CONSTANT_B) { dBs[n] += dB; } else { inside[here + STATES + n] = dB; }
      if (CONSTANT_C) { dCs[n] += above * h; } else { inside[here + n] = above * h; }
      back[n] = g * r.x;
    }
    made[token * 2u * p.channels + d] = dx;
    made[(token * 2u + 1u) * p.channels + d] = d_step;
  }
  for (var n = 0u; n < STATES; n++) {
    carry[kept + n] = back[n];
    carry[kept + STATES + n] = dA[n];
    if (CONSTANT_B) { carry[kept + 2u * STATES + n] = dBs[n]; }
    if (CONSTANT_C) { carry[kept + 3u * STATES + n] = dCs[n]; }
  }
}
