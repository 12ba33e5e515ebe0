// What all passes of a long transform share. n = R₁ · R₂ · …; a pass takes transforms of R points inside spans of s points:
//
//   x_j with j = e · s/R + r   →   X_k at place k · s/R + r, turned by e^{−2πi k r/s},
//
// all in place. The next pass has spans of s/R. After the last one, frequency k₁ + R₁ k₂ + R₁ R₂ k₃ … lies at place
// k₁ · n/R₁ + k₂ · n/(R₁ R₂) + …: the digits in reverse. BACK takes the passes in reverse, from that order to the natural one, and turns
// first. Real and imaginary parts exchanged on the way in and out make it the inverse.
//
// Data is (spans, s, width), complex: `width` transforms lie beside one another. A task is one transform of R points: place r of
// a span and one of the columns. Who imports this says how a task's element e is loaded and stored, with tensors from binding 2 on.
#import "butterflies.wgsl"

struct Params {
  points: u32,
  span: u32,
  width: u32,
  tasks: u32,
  swap_in: u32,
  swap_out: u32,
  factor: f32,
  digits: u32,
  length: u32,
  channels: u32,
  pair_from: u32,
  taps: u32,
  has_skip: u32,
}

@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> roots: array<vec2f>;

/// Distance of neighbouring elements of a task.
fn stride_of() -> u32 { return p.span / RADIX * p.width; }

/// Where element e of a task lies.
fn place(task: u32, e: u32) -> u32 {
  let stride = stride_of();
  return task / stride * p.span * p.width + task % stride + e * stride;
}

/// The root that element k of a task is turned by between passes.
fn turning(task: u32, k: u32) -> vec2f {
  let r = task % stride_of() / p.width;
  return roots[k * r * (p.points / p.span)];
}

fn enter(task: u32, e: u32) -> vec2f {
  var v = load(task, e);
  if (p.swap_in != 0u) { v = v.yx; }
  if (BACK) { v = times(v, turning(task, e)); }
  return v;
}

fn leave(task: u32, e: u32, value: vec2f) {
  var v = value;
  if (!BACK) { v = times(v, turning(task, e)); }
  if (p.swap_out != 0u) { v = v.yx; }
  store(task, e, v * p.factor);
}
