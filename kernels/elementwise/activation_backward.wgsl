// dx = dy · f′(x) in columns of dx: x, dx (rows, stride), dy (rows, width). Invocations take turns along the numbers.
#import "./functions.wgsl"
struct Params { length: u32, width: u32, stride: u32, first: u32 }

@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read> dy: array<f32>;
@group(0) @binding(3) var<storage, read_write> dx: array<f32>;

@compute @workgroup_size(256)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  for (var i = id.x; i < p.length; i += 256u * groups.x) {
    let at = i / p.width * p.stride + p.first + i % p.width;
    dx[at] = dy[i] * slope(x[at]);
  }
}
