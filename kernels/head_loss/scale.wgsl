// scaled = g · x, plus what is there so far: g (1), the others (length). Each invocation takes every n-th number of n invocations.
struct Params { length: u32, has_sofar: u32 }

@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read> g: array<f32>;
@group(0) @binding(3) var<storage, read> sofar: array<f32>;
@group(0) @binding(4) var<storage, read_write> scaled: array<f32>;

@compute @workgroup_size(256)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  for (var i = id.x; i < p.length; i += 256u * groups.x) {
    var value = g[0] * x[i];
    if (p.has_sofar != 0u) { value += sofar[i]; }
    scaled[i] = value;
  }
}
