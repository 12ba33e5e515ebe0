// The roots of unity that a transform of n points turns by: e^{−2πi j/n} for j < n, as (real, imaginary).
//
// One thread a root. n is a power of two, so that the angle is an exact integer part of a turn; the roots differ from those of an f64
// table by less than 1e-7.
#import "../lib/sincos.wgsl"

struct Params { points: u32, log_points: u32 }

@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read_write> roots: array<vec2f>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= p.points) { return; }
  let root = cos_sin_turns(id.x << (32u - p.log_points));
  roots[id.x] = vec2f(root.x, -root.y);
}
