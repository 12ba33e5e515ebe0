// Backward of layer norm by x, the weight and the bias at once: with n = (x − mean) · s, s = 1 / √(variance + ε) and h = g · weight,
// g the gradient of y,
//   dx = s · (h − mean(h) − n · mean(h · n)), plus what other uses of x gave so far;   dweight = Σ over rows of g · n, dbias = Σ g.
// x, g, sofar, dx (rows, width), weight (width), partial (2, workgroups, width), as values of STEP numbers.
// The layout is that of row_fused.wgsl; a lane keeps its values of a row, and of both sums, in registers.
struct Params { rows: u32, width: u32, block: u32, has_sofar: u32, epsilon: f32 }

@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> x: array<Value>;
@group(0) @binding(2) var<storage, read> weight: array<Value>;
@group(0) @binding(3) var<storage, read> g: array<Value>;
@group(0) @binding(4) var<storage, read> sofar: array<Value>;
@group(0) @binding(5) var<storage, read_write> dx: array<Value>;
@group(0) @binding(6) var<storage, read_write> partial: array<Value>;

fn work(row: u32, lane: u32) {
  let width = select(0u, p.width / STEP, row < p.rows);
  let start = row * (p.width / STEP) + lane;
  var xs: array<Value, PER>;
  var gs: array<Value, PER>;
  var own = vec2f();
  for (var i = 0u; i < PER; i++) {
    if (lane + LANES * i < width) {
      xs[i] = x[start + LANES * i];
      gs[i] = g[start + LANES * i];
    }
  }
  for (var i = 0u; i < PER; i++) {
    if (lane + LANES * i < width) {
      own += vec2f(add_up(xs[i]), add_up(gs[i] * weight[lane + LANES * i]));
    }
  }
  let mean = sum_row(own) / f32(p.width);
  own = vec2f();
  for (var i = 0u; i < PER; i++) {
    if (lane + LANES * i < width) {
      xs[i] -= mean.x;
      own += vec2f(add_up(xs[i] * xs[i]), add_up(xs[i] * gs[i] * weight[lane + LANES * i]));
    }
  }
  let spread = sum_row(own) / f32(p.width);
  let s = inverseSqrt(spread.x + p.epsilon);
  let slope = s * s * spread.y;
  for (var i = 0u; i < PER; i++) {
    if (lane + LANES * i < width) {
      var d = s * (gs[i] * weight[lane + LANES * i] - mean.y - xs[i] * slope);
      if (p.has_sofar != 0u) { d += sofar[start + LANES * i]; }
      dx[start + LANES * i] = d;
      shares[i] += s * gs[i] * xs[i];
      shares[PER + i] += gs[i];
    }
  }
}
