// Causal depthwise convolution, bias and SiLU (where SILU is set): conv_t = silu(bias + Σ_k weight_k · u_{t−K+1+k}), for each
// channel alone.
//
// x (batch, L, width), of which D columns from `x_from` are the input u; weight (D, 1, K), K ≤ 8; out (batch, L, D). The inputs
// before the first token: `carried.wgsl` or `fresh.wgsl`, which import this.
//
// One thread takes one channel and BLOCK tokens after another; a workgroup takes 64 channels, so that neighbouring threads read
// neighbouring columns. The taps stay in registers, and so do the last eight inputs, which move up by one at each token:
// memory sees each input once.
#import "../lib/silu.wgsl"

struct Params {
  length: u32,
  channels: u32,
  taps: u32,
  x_width: u32,
  x_from: u32,
  has_bias: u32,
}

@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read> weight: array<f32>;
@group(0) @binding(3) var<storage, read> bias: array<f32>;
@group(0) @binding(4) var<storage, read_write> out: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let d = id.x;
  if (d >= p.channels) { return; }
  let b = id.z;
  let first = id.y * BLOCK;
  let last = min(first + BLOCK, p.length);

  // Eight taps and inputs, the latest last; the taps that K leaves over are 0.
  let early = vec4f(tap(d, 7u), tap(d, 6u), tap(d, 5u), tap(d, 4u));
  let late = vec4f(tap(d, 3u), tap(d, 2u), tap(d, 1u), tap(d, 0u));
  var older = vec4f(0.0);
  if (LONG) {
    older = vec4f(past(b, d, first, 8u), past(b, d, first, 7u), past(b, d, first, 6u), past(b, d, first, 5u));
  }
  var newer = vec4f(past(b, d, first, 4u), past(b, d, first, 3u), past(b, d, first, 2u), past(b, d, first, 1u));
  var start = 0.0;
  if (p.has_bias != 0u) { start = bias[d]; }

  for (var t = first; t < last; t++) {
    let token = b * p.length + t;
    if (LONG) { older = vec4f(older.yzw, newer.x); }
    newer = vec4f(newer.yzw, x[token * p.x_width + p.x_from + d]);
    var sum = start + dot(late, newer);
    if (LONG) { sum += dot(early, older); }
    if (SILU) { sum = silu(sum); }
    out[token * p.channels + d] = sum;
  }
  if (first == 0u) { carry(b, d); }
}

/// The tap for the input of `ago` tokens before.
fn tap(d: u32, ago: u32) -> f32 {
  if (ago >= p.taps) { return 0.0; }
  return weight[d * p.taps + p.taps - 1u - ago];
}

/// The input `ago` tokens before token t; 0 where no tap reaches.
fn past(b: u32, d: u32, t: u32, ago: u32) -> f32 {
  let before = p.taps - 1u;
  if (ago > before) { return 0.0; }
  if (ago <= t) { return x[(b * p.length + t - ago) * p.x_width + p.x_from + d]; }
  return earlier(b, d, ago - t);
}
