// Backward of RMS norm by x and by the weight at once: with s = 1 / √(mean(x²) + ε) and g the gradient of y,
//   dx = s · g · weight − x · s³ · mean(g · weight · x), plus what other uses of x gave so far;   dweight = Σ over rows of g · x · s.
// x, g, sofar, dx (rows, width), weight (width), partial (workgroups, width), as values of STEP numbers.
// The layout is that of row_fused.wgsl; a lane keeps its values of a row, and of dweight, in registers.
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
  for (var i = 0u; i < PER; i++) {
    if (lane + LANES * i < width) {
      xs[i] = x[start + LANES * i];
      gs[i] = g[start + LANES * i];
    }
  }
  var own = vec2f();
  for (var i = 0u; i < PER; i++) {
    if (lane + LANES * i < width) {
      own += vec2f(add_up(xs[i] * xs[i]), add_up(xs[i] * gs[i] * weight[lane + LANES * i]));
    }
  }
  let mean = sum_row(own) / f32(p.width);
  let s = inverseSqrt(mean.x + p.epsilon);
  let slope = s * s * s * mean.y;
  for (var i = 0u; i < PER; i++) {
    if (lane + LANES * i < width) {
      var d = s * gs[i] * weight[lane + LANES * i] - xs[i] * slope;
      if (p.has_sofar != 0u) { d += sofar[start + LANES * i]; }
      dx[start + LANES * i] = d;
      shares[i] += s * gs[i] * xs[i];
    }
  }
}
