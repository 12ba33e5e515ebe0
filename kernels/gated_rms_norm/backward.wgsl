// Backward of gated RMS norm by x and z: with u = x · silu(z), s = 1 / √(mean(u²) + ε) and g the gradient of y,
//   du = s · g · weight − u · s³ · mean(g · weight · u),   dx = du · silu(z) (+ sofar),   dz = du · x · silu′(z).
// x, g, sofar, dx (rows, groups · width), weight (groups · width); z, dz (rows, z_width), of which columns z_from… are read and
// written; scale (rows · groups): s, for the gradient of the weight.
// A group of a row is a row here: its lanes take its values of STEP numbers in turn; both sums are added up at once.
#import "../lib/silu_value.wgsl"

struct Params {
  rows: u32,
  width: u32,
  groups: u32,
  z_width: u32,
  z_from: u32,
  has_sofar: u32,
  epsilon: f32,
}

@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> x: array<Value>;
@group(0) @binding(2) var<storage, read> z: array<Value>;
@group(0) @binding(3) var<storage, read> weight: array<Value>;
@group(0) @binding(4) var<storage, read> g: array<Value>;
@group(0) @binding(5) var<storage, read> sofar: array<Value>;
@group(0) @binding(6) var<storage, read_write> dx: array<Value>;
@group(0) @binding(7) var<storage, read_write> dz: array<Value>;
@group(0) @binding(8) var<storage, read_write> scale: array<f32>;

fn work(row: u32, lane: u32, lanes: u32) {
  let width = select(0u, p.width / STEP, row < p.rows);
  let first = row % p.groups * (p.width / STEP);
  let start = row * (p.width / STEP);
  let z_start = (row / p.groups * p.z_width + p.z_from) / STEP + first;
  var own = vec2f();
  for (var k = lane; k < width; k += lanes) {
    let u = x[start + k] * silu(z[z_start + k]);
    own += vec2f(add_up(u * u), add_up(u * g[start + k] * weight[first + k]));
  }
  let mean = sum_row(own) / f32(p.width);
  let s = inverseSqrt(mean.x + p.epsilon);
  let slope = s * s * s * mean.y;
  for (var k = lane; k < width; k += lanes) {
    let value = x[start + k];
    let gate = z[z_start + k];
    let open = silu(gate);
    let du = s * g[start + k] * weight[first + k] - value * open * slope;
    var d = du * open;
    if (p.has_sofar != 0u) { d += sofar[start + k]; }
    dx[start + k] = d;
    dz[z_start + k] = du * value * silu_slope(gate);
  }
  if (lane == 0u && row < p.rows) { scale[row] = s; }
}
