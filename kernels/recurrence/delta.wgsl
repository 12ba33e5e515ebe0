// Δ as it is used: from raw + bias, by softplus where told, held within limits; raw (rows, width), columns from `column` on, delta
// (rows, steps). Where BACK, the other way: above (rows, steps) is the gradient of Δ, made (rows, made_width) takes its gradient by
// raw in columns from `made_column` on.
// A thread a number.
#import "../lib/softplus.wgsl"
struct Params {
  count: u32, steps: u32, width: u32, column: u32, made_width: u32, made_column: u32,
  has_bias: u32, softplus: u32, least: f32, most: f32
}

@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> raw: array<f32>;
@group(0) @binding(2) var<storage, read> bias: array<f32>;
@group(0) @binding(3) var<storage, read> above: array<f32>;
@group(0) @binding(4) var<storage, read_write> made: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  for (var i = id.x; i < p.count; i += 64u * groups.x) {
    let at = i / p.steps * p.width + p.column + i % p.steps;
    var v = raw[at];
    if (p.has_bias == 1u) { v += bias[i % p.steps]; }
    var step = v;
    if (p.softplus == 1u) { step = softplus(v); }
    if (!BACK) {
      made[i] = clamp(step, p.least, p.most);
      continue;
    }
    var slope = 1.0;
    if (p.softplus == 1u) { slope = 1.0 / (1.0 + exp(min(-v, 80.0))); }
    if (step < p.least || step > p.most) { slope = 0.0; }
    made[i / p.steps * p.made_width + p.made_column + i % p.steps] = above[i] * slope;
  }
}
