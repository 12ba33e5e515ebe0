// SSD by chunks, step 1: within each chunk, the sums of Δ_t A up to and with each token. A thread a chunk of a head; it reads some
// tokens ahead, since it waits for each read.
// delta (batch, L, H), A_log (H) → sums (batch, H, L): two numbers each, the sum and what f32 lost of it, so that differences
// of sums are right to f32 after large steps too.
#import "params.wgsl"
@group(0) @binding(1) var<storage, read> delta: array<f32>;
@group(0) @binding(2) var<storage, read> A_log: array<f32>;
@group(0) @binding(3) var<storage, read_write> sums: array<vec2f>;

/// Tokens that are read before the first of them is added.
const AHEAD = 8u;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let head = id.x % p.heads;
  let chunk = id.x / p.heads;
  if (chunk >= p.chunks) { return; }
  let A = -exp(A_log[head]);
  let to = min((chunk + 1u) * p.chunk, p.length);
  var sum = 0.0;
  var lost = 0.0;
  for (var first = chunk * p.chunk; first < to; first += AHEAD) {
    var steps = array<f32, AHEAD>();
    for (var i = 0u; i < AHEAD; i++) {
      steps[i] = delta[(id.z * p.length + min(first + i, p.length - 1u)) * p.heads + head];
    }
    for (var i = 0u; i < AHEAD; i++) {
      let a = steps[i] * A;
      let next = sum + a;
      let part = next - sum;
      lost += (sum - (next - part)) + (a - part);
      sum = next;
      if (first + i < to) { sums[(id.z * p.heads + head) * p.length + first + i] = vec2f(sum, lost); }
    }
  }
}
