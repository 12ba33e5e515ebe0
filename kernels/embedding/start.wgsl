// What the table's gradient starts from: what other uses have given so far, or zeros. sofar, d_weight (length). Invocations take
// turns along the numbers.
struct Params { length: u32, has_sofar: u32 }

@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> sofar: array<f32>;
@group(0) @binding(2) var<storage, read_write> d_weight: array<f32>;

@compute @workgroup_size(256)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  for (var i = id.x; i < p.length; i += 256u * groups.x) {
    if (p.has_sofar == 1u) { d_weight[i] = sofar[i]; } else { d_weight[i] = 0.0; }
  }
}
