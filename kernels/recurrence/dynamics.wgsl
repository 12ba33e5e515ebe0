// Gradients of A_log, or of a constant B or C, from what `reverse` gathered in carry (batch, D, CARRIED · N), N from `block` · N on: over
// the batch and, where ONE_A, over the channels and states that share an A; A's are times A. A thread a number.
struct Params { batch: u32, channels: u32, sharing: u32, count: u32, block: u32 }

@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> carry: array<f32>;
@group(0) @binding(2) var<storage, read> A_log: array<f32>;
@group(0) @binding(3) var<storage, read_write> made: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let i = id.x;
  if (i >= p.count) { return; }
  var sum = 0.0;
  for (var b = 0u; b < p.batch; b++) {
    if (ONE_A) {
      for (var d = i * p.sharing; d < (i + 1u) * p.sharing; d++) {
        let row = ((b * p.channels + d) * CARRIED + p.block) * STATES;
        for (var n = 0u; n < STATES; n++) { sum += carry[row + n]; }
      }
    } else {
      sum += carry[((b * p.channels + i / STATES) * CARRIED + p.block) * STATES + i % STATES];
    }
  }
  if (p.block == 1u) { sum *= -exp(A_log[i]); }
  made[i] = sum;
}
