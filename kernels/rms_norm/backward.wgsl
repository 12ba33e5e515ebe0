// Backward of RMS norm by x: with s = 1 / √(mean(x²) + ε) and g the gradient of y,
//   dx = s · g · weight − x · s³ · mean(g · weight · x), plus what other uses of x gave so far.
// x, g, sofar, dx (rows, width), weight (width), as values of STEP numbers; scale (rows): s, for the gradient of the weight.
// The lanes of a row take its values in turn; both sums are added up at once.
struct Params { rows: u32, width: u32, has_sofar: u32, epsilon: f32 }

@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> x: array<Value>;
@group(0) @binding(2) var<storage, read> weight: array<Value>;
@group(0) @binding(3) var<storage, read> g: array<Value>;
@group(0) @binding(4) var<storage, read> sofar: array<Value>;
@group(0) @binding(5) var<storage, read_write> dx: array<Value>;
@group(0) @binding(6) var<storage, read_write> scale: array<f32>;

fn work(row: u32, lane: u32, lanes: u32) {
  let width = select(0u, p.width / STEP, row < p.rows);
  let start = row * (p.width / STEP);
  var own = vec2f();
  for (var k = lane; k < width; k += lanes) {
    let value = x[start + k];
    own += vec2f(add_up(value * value), add_up(value * g[start + k] * weight[k]));
  }
  let mean = sum_row(own) / f32(p.width);
  let s = inverseSqrt(mean.x + p.epsilon);
  let slope = s * s * s * mean.y;
  for (var k = lane; k < width; k += lanes) {
    var d = s * g[start + k] * weight[k] - x[start + k] * slope;
    if (p.has_sofar != 0u) { d += sofar[start + k]; }
    dx[start + k] = d;
  }
  if (lane == 0u && row < p.rows) { scale[row] = s; }
}
