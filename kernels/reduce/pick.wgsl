// Backward of the largest number: dy goes to the place where it stood, 0 to all others. dx (rows, width), dy, place (rows).
// Invocations take turns along the numbers.
struct Params { length: u32, width: u32 }

@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> dy: array<f32>;
@group(0) @binding(2) var<storage, read> place: array<u32>;
@group(0) @binding(3) var<storage, read_write> dx: array<f32>;

@compute @workgroup_size(256)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  for (var i = id.x; i < p.length; i += 256u * groups.x) {
    let row = i / p.width;
    dx[i] = select(0.0, dy[row], i % p.width == place[row]);
  }
}
