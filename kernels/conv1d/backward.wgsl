// Backward of the convolution of a whole text. With s_t the sum before SiLU, recomputed here, and g the gradient of the output:
//   ds_t = g_t · silu′(s_t),   du_t = Σ_k weight_k · ds_{t+K−1−k},   dweight_k = Σ_t ds_t · u_{t−K+1+k},   dbias = Σ_t ds_t.
//
// x, dx (batch, L, width), of which D columns from `x_from` are read and written; weight (D, 1, K), K ≤ 8; g (batch, L, D);
// partial_weight (batch · blocks, D, K), partial_bias (batch · blocks, D): `sumRows` adds the blocks up.
//
// One thread takes one channel and BLOCK tokens after another, and the K − 1 tokens behind them, whose ds its own inputs meet.
// The last eight inputs and the last eight ds move up in registers; memory sees x and g once, but for the edges of a block.
#import "../lib/silu_slope.wgsl"

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
@group(0) @binding(4) var<storage, read> g: array<f32>;
@group(0) @binding(5) var<storage, read_write> dx: array<f32>;
@group(0) @binding(6) var<storage, read_write> partial_weight: array<f32>;
@group(0) @binding(7) var<storage, read_write> partial_bias: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let d = id.x;
  if (d >= p.channels) { return; }
  let b = id.z;
  let before = p.taps - 1u;
  let first = id.y * BLOCK;
  let last = min(first + BLOCK, p.length);

  // Eight of each, the latest last; what K leaves over is 0. A tap meets the input of `ago` tokens before, or ds of `ago` after.
  let early = vec4f(tap(d, 7u), tap(d, 6u), tap(d, 5u), tap(d, 4u));
  let late = vec4f(tap(d, 3u), tap(d, 2u), tap(d, 1u), tap(d, 0u));
  let early_back = vec4f(tap_back(d, 7u), tap_back(d, 6u), tap_back(d, 5u), tap_back(d, 4u));
  let late_back = vec4f(tap_back(d, 3u), tap_back(d, 2u), tap_back(d, 1u), tap_back(d, 0u));
  var older = vec4f();
  if (LONG) {
    older = vec4f(past(b, d, first, 8u), past(b, d, first, 7u), past(b, d, first, 6u), past(b, d, first, 5u));
  }
  var newer = vec4f(past(b, d, first, 4u), past(b, d, first, 3u), past(b, d, first, 2u), past(b, d, first, 1u));
  var older_ds = vec4f();
  var newer_ds = vec4f();
  var early_sum = vec4f();
  var late_sum = vec4f();
  var bias_sum = 0.0;
  var start = 0.0;
  if (p.has_bias != 0u) { start = bias[d]; }

  for (var t = first; t < last + before; t++) {
    var ds = 0.0;
    if (t < p.length) {
      let token = b * p.length + t;
      if (LONG) { older = vec4f(older.yzw, newer.x); }
      newer = vec4f(newer.yzw, x[token * p.x_width + p.x_from + d]);
      ds = g[token * p.channels + d];
      if (SILU) {
        var sum = start + dot(late, newer);
        if (LONG) { sum += dot(early, older); }
        ds *= silu_slope(sum);
      }
      if (t < last) {
        late_sum += ds * newer;
        if (LONG) { early_sum += ds * older; }
        bias_sum += ds;
      }
    }
    if (LONG) { older_ds = vec4f(older_ds.yzw, newer_ds.x); }
    newer_ds = vec4f(newer_ds.yzw, ds);
    if (t >= first + before) {
      var du = dot(late_back, newer_ds);
      if (LONG) { du += dot(early_back, older_ds); }
      dx[(b * p.length + t - before) * p.x_width + p.x_from + d] = du;
    }
  }

  let block = b * groups.y + id.y;
  partial_bias[block * p.channels + d] = bias_sum;
  // Tap k meets the input of K − 1 − k before: the latest is the last component.
  let at = (block * p.channels + d) * p.taps;
  for (var k = 0u; k < p.taps; k++) {
    let ago = before - k;
    var sum = late_sum[3u - ago % 4u];
    if (LONG && ago >= 4u) { sum = early_sum[3u - ago % 4u]; }
    partial_weight[at + k] = sum;
  }
}

/// The tap for the input of `ago` tokens before.
fn tap(d: u32, ago: u32) -> f32 {
  if (ago >= p.taps) { return 0.0; }
  return weight[d * p.taps + p.taps - 1u - ago];
}

/// The tap by which the input of K − 1 tokens before reaches the ds of `ago` tokens before.
fn tap_back(d: u32, ago: u32) -> f32 {
  if (ago >= p.taps) { return 0.0; }
  return weight[d * p.taps + ago];
}

/// The input `ago` tokens before token t; 0 where no tap reaches.
fn past(b: u32, d: u32, t: u32, ago: u32) -> f32 {
  if (ago >= p.taps || ago > t) { return 0.0; }
  return x[(b * p.length + t - ago) * p.x_width + p.x_from + d];
}
