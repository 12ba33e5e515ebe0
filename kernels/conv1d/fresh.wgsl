// The convolution (see conv1d.wgsl) of a whole text: zeros come before its first token, and nothing is carried on.
#import "conv1d.wgsl"

fn earlier(b: u32, d: u32, ago: u32) -> Value { return Value(); }

fn carry(b: u32, d: u32) {}
