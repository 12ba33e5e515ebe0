// Gradients of Δ (rows, steps) from those of its channels, made (rows, 2D): summed over the channels that share it. A thread a
// number.
struct Params { count: u32, channels: u32, sharing: u32 }

@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> made: array<f32>;
@group(0) @binding(2) var<storage, read_write> d_delta: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let steps = p.channels / p.sharing;
  for (var i = id.x; i < p.count; i += 64u * groups.x) {
    let row = (i / steps * 2u + 1u) * p.channels + i % steps * p.sharing;
    var sum = 0.0;
    for (var d = 0u; d < p.sharing; d++) { sum += made[row + d]; }
    d_delta[i] = sum;
  }
}
