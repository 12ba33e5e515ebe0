// Gradients of x in its columns: what came through the states, made (rows, 2D), and past them, dy (rows, D) · skip (D / sharing).
// dx (rows, width), columns from `column` on. A thread a number.
struct Params { count: u32, channels: u32, sharing: u32, width: u32, column: u32, has_skip: u32 }

@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> made: array<f32>;
@group(0) @binding(2) var<storage, read> dy: array<f32>;
@group(0) @binding(3) var<storage, read> skip: array<f32>;
@group(0) @binding(4) var<storage, read_write> dx: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  for (var i = id.x; i < p.count; i += 64u * groups.x) {
    let row = i / p.channels;
    let d = i % p.channels;
    var sum = made[row * 2u * p.channels + d];
    if (p.has_skip == 1u) { sum += dy[i] * skip[d / p.sharing]; }
    dx[row * p.width + p.column + d] = sum;
  }
}
