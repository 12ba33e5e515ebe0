// Causal depthwise convolution, bias and SiLU: conv_t = silu(bias + Σ_k weight_k · u_{t−K+1+k}), for each channel alone.
//
// x (batch, L, width), of which D columns from `x_from` are the input u; weight (D, 1, K); out (batch, L, D);
// state (batch, D, K − 1), the inputs before the first token, oldest first, replaced by the last K − 1 inputs.
//
// One thread takes one channel and BLOCK tokens after another; a workgroup takes 64 channels. Neighbouring threads read
// neighbouring channels. The state is read and rewritten by the thread of the first block alone, after its outputs (BLOCK is at
// least K − 1, so that no other block reaches back beyond the first token): there is no race and no barrier.
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
@group(0) @binding(4) var<storage, read_write> state: array<f32>;
@group(0) @binding(5) var<storage, read_write> out: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let d = id.x;
  if (d >= p.channels) { return; }
  let before = p.taps - 1u;
  let row = id.z * p.length;
  let carried = (id.z * p.channels + d) * before;
  let first = id.y * BLOCK;
  let last = min(first + BLOCK, p.length);

  var start = 0.0;
  if (p.has_bias != 0u) { start = bias[d]; }
  for (var t = first; t < last; t++) {
    var sum = start;
    for (var k = 0u; k < p.taps; k++) {
      let s = t + k;
      var u: f32;
      if (s >= before) { u = x[(row + s - before) * p.x_width + p.x_from + d]; }
      else { u = state[carried + s]; }
      sum = fma(weight[d * p.taps + k], u, sum);
    }
    out[(row + t) * p.channels + d] = silu(sum);
  }

  if (first > 0u) { return; }
  // Ascending: where the text is shorter than the state, old entries move down and are read before they are overwritten.
  for (var i = 0u; i < before; i++) {
    let s = p.length + i;
    if (s >= before) { state[carried + i] = x[(row + s - before) * p.x_width + p.x_from + d]; }
    else { state[carried + i] = state[carried + s]; }
  }
}
