// The way back in blocks, pass 4: dB or dC, added up over the workgroups of 64 channels. made (batch, L, bc_width) from column
// b_from on; c_from tells which: 0 for dB, 16 for dC. A thread a token and state.
#import "blocks.wgsl"

@group(0) @binding(1) var<storage, read> work: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> made: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let rows = p.batch * p.length;
  let parts = (p.channels + 63u) / 64u;
  for (var i = id.x; i < rows * STATES; i += 64u * groups.x) {
    let row = i / STATES;
    let o = p.c_from + i % STATES;
    var sum = 0.0;
    for (var part = 0u; part < parts; part++) {
      sum += work[p.batch * p.chunks * p.channels * 12u + (part * rows + row) * 8u + o / 4u][o % 4u];
    }
    made[row * p.bc_width + p.b_from + i % STATES] = sum;
  }
}
