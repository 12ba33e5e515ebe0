// What the passes of the way back in lanes share.
//
// A thread has four states of one channel, a quad, so four neighbouring lanes have a channel: at most 16 states, those that do not
// exist are 0. A workgroup has CHANNELS channels of one chunk of CHUNK tokens; chunks run side by side. CHANNELS, LANES (of a subgroup) and CHUNK are the plan's choice. TOKENS tokens at a time come
// into workgroup memory, ready for use, while those after them are on their way.
//
// x, delta, above (batch, L, D): above is the gradient of the gated output; z (batch, L, z_width), the gate, from column z_from on;
// BC (batch, L, bc_width); terms: A_log (D, N), then the bias of Δ (D), then D_skip (D).
// work: for each (batch, chunk, D) 48 numbers of carry, then for each (workgroup of channels, batch, L) the 32 numbers that its
// channels add to the gradients of B and of C.
#import "discretise.wgsl"
#import "../lib/softplus.wgsl"
#import "../lib/silu.wgsl"

struct Params {
  batch: u32, length: u32, channels: u32, chunks: u32,
  bc_width: u32, b_from: u32, c_from: u32, z_width: u32, z_from: u32,
  dx_width: u32, dx_from: u32, dz_width: u32, dz_from: u32
}

@group(0) @binding(0) var<uniform> p: Params;

const TOKENS = 8u;
const THREADS = 4u * CHANNELS;
/// Numbers that a chunk carries for one channel: three times 16.
const CARRY = 48u;

/// Where the carry of a chunk and channel begins in work.
fn carry_at(b: u32, chunk: u32, d: u32) -> u32 { return ((b * p.chunks + chunk) * p.channels + d) * CARRY; }
