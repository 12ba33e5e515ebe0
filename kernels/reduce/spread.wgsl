// Backward of sums and means: every number of a row gets scale · dy. dx (rows, width), dy (rows).
// Invocations take turns along the numbers.
struct Params { length: u32, width: u32, scale: f32 }

@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> dy: array<f32>;
@group(0) @binding(2) var<storage, read_write> dx: array<f32>;

@compute @workgroup_size(256)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  for (var i = id.x; i < p.length; i += 256u * groups.x) { dx[i] = p.scale * dy[i / p.width]; }
}
