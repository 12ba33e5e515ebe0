// What every version of `linear` does last, and what all bind. y (rows, out) = activation(sum + bias) + residual.
// Bindings 1 and 2 are x and the weight, each version's own: as numbers, or as quads of numbers where all sizes allow it.
#import "../lib/softplus.wgsl"

struct Params {
  rows: u32,
  width: u32,   // in: how many inputs a row has
  out: u32,
  stride: u32,  // width of a row of x
  offset: u32,  // where in it the input begins
  extras: u32,  // bits: bias, softplus, residual
  epsilon: f32, // of the fused RMS norm
}

const BIAS = 1u;
const SOFTPLUS = 2u;
const RESIDUAL = 4u;

@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(3) var<storage, read> bias: array<f32>;
@group(0) @binding(4) var<storage, read> residual: array<f32>;
@group(0) @binding(6) var<storage, read_write> y: array<f32>;

// Rows past 65,535 go on in the third dimension.
fn row_of(group: vec3u) -> u32 {
  return group.y + 65535u * group.z;
}

fn finish(row: u32, o: u32, sum: f32) {
  if (row >= p.rows || o >= p.out) { return; }
  var value = sum;
  if ((p.extras & BIAS) != 0u) { value += bias[o]; }
  if ((p.extras & SOFTPLUS) != 0u) { value = softplus(value); }
  let at = row * p.out + o;
  if ((p.extras & RESIDUAL) != 0u) { value += residual[at]; }
  y[at] = value;
}

// Four outputs of a row at once: branches cost a compiler more than arithmetic. What is read past the edge is not written.
fn finish4(row: u32, o: u32, sums: vec4f) {
  if (row >= p.rows || o >= p.out) { return; }
  var value = sums;
  if ((p.extras & BIAS) != 0u) { value += vec4f(bias[o], bias[o + 1u], bias[o + 2u], bias[o + 3u]); }
  if ((p.extras & SOFTPLUS) != 0u) {
    value = vec4f(softplus(value.x), softplus(value.y), softplus(value.z), softplus(value.w));
  }
  let at = row * p.out + o;
  if ((p.extras & RESIDUAL) != 0u) {
    value += vec4f(residual[at], residual[at + 1u], residual[at + 2u], residual[at + 3u]);
  }
  y[at] = value.x;
  if (o + 1u < p.out) { y[at + 1u] = value.y; }
  if (o + 2u < p.out) { y[at + 2u] = value.z; }
  if (o + 3u < p.out) { y[at + 3u] = value.w; }
}
