// The convolution (see conv1d.wgsl) of a text that goes on: state (batch, D, K − 1), the inputs before the first token, oldest
// first, replaced by the last K − 1 inputs.
//
// The state is read and rewritten by the thread of the first block alone, after its outputs (BLOCK is at least K − 1, so that no
// other block reaches back beyond the first token): there is no race and no barrier.
#import "conv1d.wgsl"

@group(0) @binding(5) var<storage, read_write> state: array<f32>;

/// The input `ago` tokens before the first one.
fn earlier(b: u32, d: u32, ago: u32) -> Value {
  var inputs = Value();
  for (var i = 0u; i < STEP; i++) { inputs = with_number(inputs, i, state[state_at(b, STEP * d + i) + p.taps - 1u - ago]); }
  return inputs;
}

/// Leave the last K − 1 inputs. In ascending order: where the text is shorter than the state, old entries move down and are
/// read before they are overwritten.
fn carry(b: u32, d: u32) {
  let before = p.taps - 1u;
  for (var k = 0u; k < before; k++) {
    let inputs = past(b, d, p.length, before - k);
    for (var i = 0u; i < STEP; i++) { state[state_at(b, STEP * d + i) + k] = number_of(inputs, i); }
  }
}

/// Where the state of a channel begins.
fn state_at(b: u32, channel: u32) -> u32 {
  return (b * p.channels + channel) * (p.taps - 1u);
}
