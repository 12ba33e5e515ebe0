// The way back in lanes, pass 4: dB and dC, added up over the workgroups of channels. dBC (batch, L, bc_width) in the columns of B and
// of C. A thread a token and one of 32 numbers.
#import "back.wgsl"

@group(0) @binding(1) var<storage, read> work: array<f32>;
@group(0) @binding(2) var<storage, read_write> dBC: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let rows = p.batch * p.length;
  let parts = (p.channels + CHANNELS - 1u) / CHANNELS;
  let shares = p.batch * p.chunks * p.channels * CARRY;
  for (var i = id.x; i < rows * 32u; i += 64u * groups.x) {
    let n = i % 16u;
    if (n >= STATES) { continue; }
    var sum = 0.0;
    for (var part = 0u; part < parts; part++) { sum += work[shares + part * rows * 32u + i]; }
    dBC[i / 32u * p.bc_width + select(p.b_from, p.c_from, i % 32u >= 16u) + n] = sum;
  }
}
