// SSD's way back: how much the decay of a whole chunk matters to what comes after it, exp(sum of the chunk) Σ h ∘ dh, with h the state
// before and dh the gradient of the state after it. sums (batch, H, L) in twos, h and dh (batch, chunks, H, N, P) → ends
// (batch, H, chunks). A workgroup a chunk of a head.
#import "params.wgsl"
@group(0) @binding(1) var<storage, read> sums: array<vec2f>;
@group(0) @binding(2) var<storage, read> h: array<f32>;
@group(0) @binding(3) var<storage, read> dh: array<f32>;
@group(0) @binding(4) var<storage, read_write> ends: array<f32>;

var<workgroup> shares: array<f32, 64>;

@compute @workgroup_size(64)
fn main(@builtin(local_invocation_index) local: u32, @builtin(workgroup_id) group: vec3u) {
  let chunk = group.x;
  let size = p.states * p.head_dim;
  let start = ((group.z / p.heads * p.chunks + chunk) * p.heads + group.z % p.heads) * size;
  var share = 0.0;
  for (var i = local; i < size; i += 64u) { share += h[start + i] * dh[start + i]; }
  shares[local] = share;
  workgroupBarrier();
  if (local > 0u) { return; }
  var total = 0.0;
  for (var i = 0u; i < 64u; i++) { total += shares[i]; }
  let sum = sums[group.z * p.length + min((chunk + 1u) * p.chunk, p.length) - 1u];
  ends[group.z * p.chunks + chunk] = decay_of(sum.x + sum.y) * total;
}
