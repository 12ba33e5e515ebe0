// y = a · b element by element, from a column of either on: y (rows, width), a and b (rows, their own width). Only the tests of
// backward plans use it.
struct Params { length: u32, width: u32, a_width: u32, a_first: u32, b_width: u32, b_first: u32, y_width: u32, y_first: u32 }

@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> a: array<f32>;
@group(0) @binding(2) var<storage, read> b: array<f32>;
@group(0) @binding(3) var<storage, read_write> y: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= p.length) { return; }
  let row = id.x / p.width;
  let column = id.x % p.width;
  y[row * p.y_width + p.y_first + column] =
    a[row * p.a_width + p.a_first + column] * b[row * p.b_width + p.b_first + column];
}
