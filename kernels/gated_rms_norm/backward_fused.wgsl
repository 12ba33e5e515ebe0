// Backward of gated RMS norm by x, z and the weight at once: with u = x · silu(z), s = 1 / √(mean(u²) + ε) and g the gradient of y,
//   du = s · g · weight − u · s³ · mean(g · weight · u),   dx = du · silu(z) (+ sofar),   dz = du · x · silu′(z),
//   dweight = Σ over rows of g · u · s.
// x, g, sofar, dx (rows, groups · width), weight (groups · width); z, dz (rows, z_width), of which columns z_from… are read and
// written; partial (workgroups, groups · width); all as values of STEP numbers.
// The layout is that of row_fused.wgsl; a lane keeps its values of x, g and dweight in registers, and reads z again from the cache.
#import "../lib/silu_value.wgsl"

struct Params {
  rows: u32,
  width: u32,
  block: u32,
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
@group(0) @binding(8) var<storage, read_write> partial: array<Value>;

fn work(row: u32, lane: u32) {
  let width = select(0u, p.width / STEP, row < p.rows);
  let first = row % p.groups * (p.width / STEP) + lane;
  let start = row * (p.width / STEP) + lane;
  let z_start = (row / p.groups * p.z_width + p.z_from) / STEP + first;
  var xs: array<Value, PER>;
  var gs: array<Value, PER>;
  var own = vec2f();
  for (var i = 0u; i < PER; i++) {
    if (lane + LANES * i < width) {
      xs[i] = x[start + LANES * i];
      gs[i] = g[start + LANES * i];
      let u = xs[i] * silu(z[z_start + LANES * i]);
      own += vec2f(add_up(u * u), add_up(u * gs[i] * weight[first + LANES * i]));
    }
  }
  let mean = sum_row(own) / f32(p.width);
  let s = inverseSqrt(mean.x + p.epsilon);
  let slope = s * s * s * mean.y;
  for (var i = 0u; i < PER; i++) {
    if (lane + LANES * i < width) {
      let gate = z[z_start + LANES * i];
      let open = silu(gate);
      let du = s * gs[i] * weight[first + LANES * i] - xs[i] * open * slope;
      var d = du * open;
      if (p.has_sofar != 0u) { d += sofar[start + LANES * i]; }
      dx[start + LANES * i] = d;
      dz[z_start + LANES * i] = du * xs[i] * silu_slope(gate);
      shares[i] += s * gs[i] * xs[i] * open;
    }
  }
}
