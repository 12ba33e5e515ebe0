// Backward of the convolution of a whole text. With s_t the sum before SiLU, recomputed here, and g the gradient of the output:
//   ds_t = g_t · silu′(s_t),   du_t = Σ_k weight_k · ds_{t+K−1−k},   dweight_k = Σ_t ds_t · u_{t−K+1+k},   dbias = Σ_t ds_t.
//
// x, dx (batch, L, width), of which D columns from `x_from` are read and written; weight (D, 1, K), K ≤ 8; g (batch, L, D);
// partial_weight (batch · blocks, D, K), partial_bias (batch · blocks, D): `sumRows` adds the blocks up. x, dx, bias, g and
// partial_bias as values of STEP numbers.
//
// One thread takes one value, that is STEP channels, and BLOCK tokens after another, and the K − 1 tokens behind them, whose ds
// its own inputs meet. The last inputs and the last ds (eight where LONG, else four) move up in registers; memory sees x and g
// once, but for the edges of a block.
#import "taps.wgsl"

@group(0) @binding(4) var<storage, read> g: array<Value>;
@group(0) @binding(5) var<storage, read_write> dx: array<Value>;
@group(0) @binding(6) var<storage, read_write> partial_weight: array<f32>;
@group(0) @binding(7) var<storage, read_write> partial_bias: array<Value>;

@compute @workgroup_size(LANES)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let d = id.x;
  let width = p.channels / STEP;
  if (d >= width) { return; }
  let b = id.z;
  let before = p.taps - 1u;
  let first = id.y * BLOCK;
  let last = min(first + BLOCK, p.length);

  // Taps, inputs, ds and sums by how many tokens ago they meet; what K leaves over is 0. The input of K − 1 tokens before meets
  // the ds of `ago` tokens before by tap `ago`.
  let w0 = tap_ago(d, 0u); let w1 = tap_ago(d, 1u); let w2 = tap_ago(d, 2u); let w3 = tap_ago(d, 3u);
  let v0 = tap(d, 0u); let v1 = tap(d, 1u); let v2 = tap(d, 2u); let v3 = tap(d, 3u);
  var u0: Value; var u1 = past(b, d, first, 1u); var u2 = past(b, d, first, 2u); var u3 = past(b, d, first, 3u);
  var d1: Value; var d2: Value; var d3: Value;
  var s0: Value; var s1: Value; var s2: Value; var s3: Value;
  var w4: Value; var w5: Value; var w6: Value; var w7: Value;
  var v4: Value; var v5: Value; var v6: Value; var v7: Value;
  var u4: Value; var u5: Value; var u6: Value; var u7: Value;
  var d4: Value; var d5: Value; var d6: Value; var d7: Value;
  var s4: Value; var s5: Value; var s6: Value; var s7: Value;
  if (LONG) {
    w4 = tap_ago(d, 4u); w5 = tap_ago(d, 5u); w6 = tap_ago(d, 6u); w7 = tap_ago(d, 7u);
    v4 = tap(d, 4u); v5 = tap(d, 5u); v6 = tap(d, 6u); v7 = tap(d, 7u);
    u4 = past(b, d, first, 4u); u5 = past(b, d, first, 5u); u6 = past(b, d, first, 6u); u7 = past(b, d, first, 7u);
  }
  var start: Value;
  if (p.has_bias != 0u) { start = bias[d]; }
  var bias_sum: Value;

  for (var t = first; t < last + before; t++) {
    var ds = Value();
    if (t < p.length) {
      u0 = x[input_at(b, d, t)];
      ds = g[(b * p.length + t) * width + d];
      if (SILU) {
        var sum = start + (w0 * u0 + w1 * u1) + (w2 * u2 + w3 * u3);
        if (LONG) { sum += (w4 * u4 + w5 * u5) + (w6 * u6 + w7 * u7); }
        ds *= silu_slope(sum);
      }
      if (t < last) {
        s0 += ds * u0; s1 += ds * u1; s2 += ds * u2; s3 += ds * u3;
        if (LONG) { s4 += ds * u4; s5 += ds * u5; s6 += ds * u6; s7 += ds * u7; }
        bias_sum += ds;
      }
    }
    if (t >= first + before) {
      var du = (v0 * ds + v1 * d1) + (v2 * d2 + v3 * d3);
      if (LONG) { du += (v4 * d4 + v5 * d5) + (v6 * d6 + v7 * d7); }
      dx[input_at(b, d, t - before)] = du;
    }
    if (LONG) {
      u7 = u6; u6 = u5; u5 = u4; u4 = u3;
      d7 = d6; d6 = d5; d5 = d4; d4 = d3;
    }
    u3 = u2; u2 = u1; u1 = u0;
    d3 = d2; d2 = d1; d1 = ds;
  }

  let block = b * groups.y + id.y;
  partial_bias[block * width + d] = bias_sum;
  for (var ago = 0u; ago < p.taps; ago++) {
    var sums = s0;
    switch ago {
      case 1u: { sums = s1; }
      case 2u: { sums = s2; }
      case 3u: { sums = s3; }
      case 4u: { sums = s4; }
      case 5u: { sums = s5; }
      case 6u: { sums = s6; }
      case 7u: { sums = s7; }
      default: {}
    }
    for (var i = 0u; i < STEP; i++) {
      partial_weight[(block * p.channels + STEP * d + i) * p.taps + before - ago] = number_of(sums, i);
    }
  }
}

/// The input `ago` tokens before token t; 0 where no tap reaches.
fn past(b: u32, d: u32, t: u32, ago: u32) -> Value {
  if (ago >= p.taps || ago > t) { return Value(); }
  return x[input_at(b, d, t - ago)];
}
