// Gradients of B, or of C, for the tokens of chunk `at`: the terms that `reverse` left in `inside` (batch, chunk + 1, D, 2N), from
// `part` on, summed over the channels of each group. made (batch, L, width): columns from `column` on. A thread a number.
struct Params {
  batch: u32, length: u32, channels: u32, groups: u32, chunk: u32, at: u32, part: u32, width: u32, column: u32
}

@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> inside: array<f32>;
@group(0) @binding(2) var<storage, read_write> made: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let b = id.z;
  let k = id.y;
  let t = p.at * p.chunk + k;
  if (id.x >= p.groups * STATES || t >= p.length) { return; }
  let each = p.channels / p.groups;
  let from_d = id.x / STATES * each;
  var sum = 0.0;
  for (var d = from_d; d < from_d + each; d++) {
    sum += inside[((b * (p.chunk + 1u) + k + 1u) * p.channels + d) * 2u * STATES + p.part + id.x % STATES];
  }
  made[(b * p.length + t) * p.width + p.column + id.x] = sum;
}
