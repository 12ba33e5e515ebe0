// y = 2 x + shift, one invocation an element. Only the engine's own tests use it.
struct Params { length: u32, shift: f32 }

@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read_write> y: array<f32>;

@compute @workgroup_size(WIDTH)
fn main(@builtin(global_invocation_id) id: vec3u) {
  if (id.x < p.length) { y[id.x] = 2.0 * x[id.x] + p.shift; }
}
