// SSD as a masked product, step 1: M_ij = (C_i · B_j) exp(sum_i − sum_j) Δ_j for j ≤ i, else 0: the whole matrix, in memory.
// BC (batch, L, bc_width), sums (batch, H, L) in twos, delta (batch, L, H) → matrix (batch, H, L, L). A thread a number.
#import "params.wgsl"
@group(0) @binding(1) var<storage, read> BC: array<f32>;
@group(0) @binding(2) var<storage, read> sums: array<vec2f>;
@group(0) @binding(3) var<storage, read> delta: array<f32>;
@group(0) @binding(4) var<storage, read_write> matrix: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let j = id.x;
  let i = id.y;
  if (j >= p.length) { return; }
  var value = 0.0;
  if (j <= i) {
    let head = id.z % p.heads;
    let text = id.z / p.heads;
    let g = head / (p.heads / p.groups) * p.states;
    let C = (text * p.length + i) * p.bc_width + p.c_from + g;
    let B = (text * p.length + j) * p.bc_width + p.b_from + g;
    for (var n = 0u; n < p.states; n++) { value += BC[C + n] * BC[B + n]; }
    let between = sums[id.z * p.length + i] - sums[id.z * p.length + j];
    value *= decay_of(between.x + between.y) * delta[(text * p.length + j) * p.heads + head];
  }
  matrix[(id.z * p.length + i) * p.length + j] = value;
}
