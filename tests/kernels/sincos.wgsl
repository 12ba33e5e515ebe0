// cos_sin of each angle in radians, and cos_sin_turns of each angle as a part of a turn, side by side.
#import "../../kernels/lib/sincos.wgsl"

@group(0) @binding(1) var<storage, read> radians: array<f32>;
@group(0) @binding(2) var<storage, read> turns: array<u32>;
@group(0) @binding(3) var<storage, read_write> y: array<vec4f>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  if (id.x < arrayLength(&radians)) { y[id.x] = vec4f(cos_sin(radians[id.x]), cos_sin_turns(turns[id.x])); }
}
