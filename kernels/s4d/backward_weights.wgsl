// S4D backward, second part: the gradients of B and C.
//
// modes, sums as in backward_mode.wgsl; B, C and dB, dC (D, N, 2), or (D, N) where real. One thread a mode.
#import "backward_mode.wgsl"

struct Params { channels: u32, states: u32, has_B: u32 }

@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> modes: array<u32>;
@group(0) @binding(2) var<storage, read> B: array<f32>;
@group(0) @binding(3) var<storage, read> C: array<f32>;
@group(0) @binding(4) var<storage, read> sums: array<f32>;
@group(0) @binding(5) var<storage, read_write> dB: array<f32>;
@group(0) @binding(6) var<storage, read_write> dC: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let i = id.x;
  if (i >= p.channels * p.states) { return; }
  let m = back_at(i);
  let scaled = m.delta * times(conjugate(m.psi.xy), m.by_W);
  let by_B = times(conjugate(m.c), scaled);
  var by_C = times(conjugate(m.b), scaled);
  if (COMPLEX) {
    by_C *= 2.0;
    dB[2u * i] = by_B.x;
    dB[2u * i + 1u] = by_B.y;
    dC[2u * i] = by_C.x;
    dC[2u * i + 1u] = by_C.y;
  } else {
    dB[i] = by_B.x;
    dC[i] = by_C.x;
  }
}
