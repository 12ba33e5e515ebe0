// y = a · b in columns of each: a (rows, a_stride), b (rows, b_stride), y (rows, y_stride), `width` columns from a_first, b_first and
// y_first on. The gradients are such products too. Invocations take turns along the numbers.
struct Params {
  length: u32,
  width: u32,
  a_stride: u32,
  a_first: u32,
  b_stride: u32,
  b_first: u32,
  y_stride: u32,
  y_first: u32,
}

@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> a: array<f32>;
@group(0) @binding(2) var<storage, read> b: array<f32>;
@group(0) @binding(3) var<storage, read_write> y: array<f32>;

@compute @workgroup_size(256)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  for (var i = id.x; i < p.length; i += 256u * groups.x) {
    let row = i / p.width;
    let k = i % p.width;
    y[row * p.y_stride + p.y_first + k] = a[row * p.a_stride + p.a_first + k] * b[row * p.b_stride + p.b_first + k];
  }
}
