// What the convolution and its backward share: the taps and the inputs of STEP channels that lie side by side.
#import "../lib/silu_value.wgsl"

struct Params {
  length: u32,
  channels: u32,
  taps: u32,
  x_width: u32,
  x_from: u32,
  has_bias: u32,
}

@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> x: array<Value>;
@group(0) @binding(2) var<storage, read> weight: array<f32>;
@group(0) @binding(3) var<storage, read> bias: array<Value>;

/// Where value d of token t lies in x.
fn input_at(b: u32, d: u32, t: u32) -> u32 {
  return ((b * p.length + t) * p.x_width + p.x_from) / STEP + d;
}

/// Tap k of each channel of value d; 0 where there is none.
fn tap(d: u32, k: u32) -> Value {
  var taps = Value();
  if (k >= p.taps) { return taps; }
  for (var i = 0u; i < STEP; i++) { taps = with_number(taps, i, weight[(STEP * d + i) * p.taps + k]); }
  return taps;
}

/// The tap for the input of `ago` tokens before; 0 where there is none.
fn tap_ago(d: u32, ago: u32) -> Value {
  return tap(d, p.taps - 1u - ago);
}
