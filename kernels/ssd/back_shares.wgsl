// SSD's way back, gradients of B and C: the sum of their shares (batch, L, 2 (C, B), slices + 1, G · N) → columns of C and B of dBC
// (batch, L, bc_width). A thread a number.
#import "params.wgsl"
@group(0) @binding(1) var<storage, read> shares: array<f32>;
@group(0) @binding(2) var<storage, read_write> dBC: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let width = p.groups * p.states;
  let slices = (p.heads / p.groups + p.each - 1u) / p.each;
  for (var i = id.x; i < 2u * p.length * width; i += 64u * groups.x) {
    let row = 2u * id.z * p.length + i / width;
    let column = i % width;
    var sum = 0.0;
    for (var slice = 0u; slice <= slices; slice++) { sum += shares[(row * (slices + 1u) + slice) * width + column]; }
    dBC[row / 2u * p.bc_width + select(p.b_from, p.c_from, row % 2u == 0u) + column] = sum;
  }
}
