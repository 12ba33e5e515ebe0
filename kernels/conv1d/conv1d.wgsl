// Causal depthwise convolution, bias and SiLU (where SILU is set): conv_t = silu(bias + Σ_k weight_k · u_{t−K+1+k}), for each
// channel alone.
//
// x (batch, L, width), of which D columns from `x_from` are the input u; weight (D, 1, K), K ≤ 8; out (batch, L, D); x, bias and
// out as values of STEP numbers. The inputs before the first token: `carried.wgsl` or `fresh.wgsl`, which import this.
//
// One thread takes one value, that is STEP channels, and BLOCK tokens after another; a workgroup takes LANES values, so that
// neighbouring threads read neighbouring columns. The taps stay in registers, and so do the last inputs (eight where LONG, else
// four), which move up by one at each token: memory sees each input once.
#import "taps.wgsl"

@group(0) @binding(4) var<storage, read_write> out: array<Value>;

@compute @workgroup_size(LANES)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let d = id.x;
  if (d >= p.channels / STEP) { return; }
  let b = id.z;
  let first = id.y * BLOCK;
  let last = min(first + BLOCK, p.length);

  // Taps and inputs by how many tokens ago they meet; what K leaves over is 0.
  let w0 = tap_ago(d, 0u); let w1 = tap_ago(d, 1u); let w2 = tap_ago(d, 2u); let w3 = tap_ago(d, 3u);
  var u1 = past(b, d, first, 1u); var u2 = past(b, d, first, 2u); var u3 = past(b, d, first, 3u);
  var w4: Value; var w5: Value; var w6: Value; var w7: Value;
  var u4: Value; var u5: Value; var u6: Value; var u7: Value;
  if (LONG) {
    w4 = tap_ago(d, 4u); w5 = tap_ago(d, 5u); w6 = tap_ago(d, 6u); w7 = tap_ago(d, 7u);
    u4 = past(b, d, first, 4u); u5 = past(b, d, first, 5u); u6 = past(b, d, first, 6u); u7 = past(b, d, first, 7u);
  }
  var start: Value;
  if (p.has_bias != 0u) { start = bias[d]; }

  for (var t = first; t < last; t++) {
    let u0 = x[input_at(b, d, t)];
    var sum = start + (w0 * u0 + w1 * u1) + (w2 * u2 + w3 * u3);
    if (LONG) {
      sum += (w4 * u4 + w5 * u5) + (w6 * u6 + w7 * u7);
      u7 = u6; u6 = u5; u5 = u4; u4 = u3;
    }
    u3 = u2; u2 = u1; u1 = u0;
    if (SILU) { sum = silu(sum); }
    out[(b * p.length + t) * (p.channels / STEP) + d] = sum;
  }
  if (first == 0u) { carry(b, d); }
}

/// The input `ago` tokens before token t; 0 where no tap reaches.
fn past(b: u32, d: u32, t: u32, ago: u32) -> Value {
  if (ago >= p.taps) { return Value(); }
  if (ago <= t) { return x[input_at(b, d, t - ago)]; }
  return earlier(b, d, ago - t);
}
