// Lays the terms that only some runs have one after another in one tensor, since a stage may bind eight: D_skip, Δ bias,
// frozen Δ, edits. One thread an element; the ends are running totals of their lengths.
struct Params { skip_end: u32, bias_end: u32, frozen_end: u32, edits_end: u32 }

@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> D_skip: array<f32>;
@group(0) @binding(2) var<storage, read> delta_bias: array<f32>;
@group(0) @binding(3) var<storage, read> delta_frozen: array<f32>;
@group(0) @binding(4) var<storage, read> edits: array<f32>;
@group(0) @binding(5) var<storage, read_write> terms: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let i = id.x;
  if (i >= p.edits_end) { return; }
  var value: f32;
  if (i < p.skip_end) { value = D_skip[i]; }
  else if (i < p.bias_end) { value = delta_bias[i - p.skip_end]; }
  else if (i < p.frozen_end) { value = delta_frozen[i - p.bias_end]; }
  else { value = edits[i - p.frozen_end]; }
  terms[i] = value;
}
