// What all kernels of this folder know: tensors are (batch, length, channels). Where `reverse` is 1, token t of the scan is token
// length − 1 − t of the tensors, and its decay is that of the token behind it: the scan of the way back. A kernel of one level gets
// its distance, a kernel of chunks their length as `size`.
struct Params { batch: u32, length: u32, channels: u32, reverse: u32, size: u32 }

@group(0) @binding(0) var<uniform> p: Params;

/// A map h → a h + b as (a, b); `second` after `first`.
fn combine(first: vec2f, second: vec2f) -> vec2f {
  return vec2f(second.x * first.x, second.x * first.y + second.y);
}

/// Where token t of the scan stands in a tensor.
fn place(text: u32, t: u32, channel: u32) -> u32 {
  let token = select(t, p.length - 1u - t, p.reverse == 1u);
  return (text * p.length + token) * p.channels + channel;
}
