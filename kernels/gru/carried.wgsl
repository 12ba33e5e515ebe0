// The gated recurrent unit (see gru.wgsl) over texts that go on: state (batch, H) is h before the first token, replaced by the last
// one. Each number of it is read and written by one thread alone.
#import "gru.wgsl"

@group(0) @binding(5) var<storage, read_write> state: array<f32>;

fn earlier(b: u32, i: u32) -> f32 { return state[b * p.units + i]; }

fn carry(b: u32, i: u32, h: f32) { state[b * p.units + i] = h; }
