// a and b, (batch, length, channels), as the pairs of a scan.
#import "./params.wgsl"
@group(0) @binding(1) var<storage, read> a: array<f32>;
@group(0) @binding(2) var<storage, read> b: array<f32>;

/// Token t of the scan.
fn pair(text: u32, t: u32, channel: u32) -> vec2f {
  let at = place(text, t, channel);
  if (p.reverse == 0u) { return vec2f(a[at], b[at]); }
  // Nothing comes before the first token, so its decay counts for nothing.
  if (t == 0u) { return vec2f(0.0, b[at]); }
  return vec2f(a[at + p.channels], b[at]);
}
