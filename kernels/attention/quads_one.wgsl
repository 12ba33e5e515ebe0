// Queries, keys, values and what is read, for any sizes: four neighbours from `at` on, of which the first `valid` count; zeros for the
// others.
@group(0) @binding(1) var<storage, read> q: array<f32>;
@group(0) @binding(2) var<storage, read> k: array<f32>;
@group(0) @binding(3) var<storage, read> v: array<f32>;
@group(0) @binding(5) var<storage, read_write> y: array<f32>;

fn q_quad(at: u32, valid: u32) -> vec4f {
  var quad = vec4f();
  for (var i = 0u; i < min(valid, 4u); i++) { quad[i] = q[at + i]; }
  return quad;
}
fn k_quad(at: u32, valid: u32) -> vec4f {
  var quad = vec4f();
  for (var i = 0u; i < min(valid, 4u); i++) { quad[i] = k[at + i]; }
  return quad;
}
fn v_quad(at: u32, valid: u32) -> vec4f {
  var quad = vec4f();
  for (var i = 0u; i < min(valid, 4u); i++) { quad[i] = v[at + i]; }
  return quad;
}
fn put_y(at: u32, valid: u32, quad: vec4f) {
  for (var i = 0u; i < min(valid, 4u); i++) { y[at + i] = quad[i]; }
}
