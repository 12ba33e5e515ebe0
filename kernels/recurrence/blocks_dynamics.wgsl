// The way back in blocks, pass 5: the gradient of A_log (D, N), A times what the chunks gathered for A. A thread a number.
#import "blocks.wgsl"

@group(0) @binding(1) var<storage, read> work: array<vec4f>;
@group(0) @binding(2) var<storage, read> A_log: array<f32>;
@group(0) @binding(3) var<storage, read_write> dA_log: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let i = id.x;
  if (i >= p.channels * STATES) { return; }
  let d = i / STATES;
  let n = i % STATES;
  var sum = 0.0;
  for (var b = 0u; b < p.batch; b++) {
    for (var chunk = 0u; chunk < p.chunks; chunk++) {
      sum += work[carry_at(b, chunk, d) + 4u + n / 4u][n % 4u];
    }
  }
  dA_log[i] = -exp(A_log[i]) * sum;
}
