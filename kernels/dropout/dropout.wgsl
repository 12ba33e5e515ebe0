// y = x · scale where the element's random word reaches `threshold`, 0 elsewhere. x, y (length); settings: seed, step.
// The word is one of a counter-based generator, so the way back makes the same mask again and none is kept: (step, layer) under the
// seed gives a key and a half of the counter, the pair of elements is the other half, each pair takes the two words.
// Invocations take turns along the pairs.
#import "../lib/philox.wgsl"
struct Params { length: u32, layer: u32, threshold: u32, scale: f32 }

@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read> settings: array<u32>;
@group(0) @binding(3) var<storage, read_write> y: array<f32>;

@compute @workgroup_size(256)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let stream = philox(vec2u(settings[1], p.layer), settings[0]);
  for (var pair = id.x; 2u * pair < p.length; pair += 256u * groups.x) {
    let words = philox(vec2u(pair, stream.y), stream.x);
    let i = 2u * pair;
    y[i] = select(0.0, p.scale * x[i], words.x >= p.threshold);
    if (i + 1u < p.length) { y[i + 1u] = select(0.0, p.scale * x[i + 1u], words.y >= p.threshold); }
  }
}
