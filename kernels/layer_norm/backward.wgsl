// Backward of layer norm by x: with n = (x − mean) · s, s = 1 / √(variance + ε) and h = g · weight, g the gradient of y,
//   dx = s · (h − mean(h) − n · mean(h · n)), plus what other uses of x gave so far.
// x, g, sofar, dx (rows, width), weight (width), as values of STEP numbers; stats (rows, 2): mean and s, for the gradients of the
// weight and the bias.
// The lanes of a row take its values in turn; both means are added up at once, then the two sums of what is off them.
struct Params { rows: u32, width: u32, has_sofar: u32, epsilon: f32 }

@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> x: array<Value>;
@group(0) @binding(2) var<storage, read> weight: array<Value>;
@group(0) @binding(3) var<storage, read> g: array<Value>;
@group(0) @binding(4) var<storage, read> sofar: array<Value>;
@group(0) @binding(5) var<storage, read_write> dx: array<Value>;
@group(0) @binding(6) var<storage, read_write> stats: array<f32>;

fn work(row: u32, lane: u32, lanes: u32) {
  let width = select(0u, p.width / STEP, row < p.rows);
  let start = row * (p.width / STEP);
  var own = vec2f();
  for (var k = lane; k < width; k += lanes) {
    own += vec2f(add_up(x[start + k]), add_up(g[start + k] * weight[k]));
  }
  let mean = sum_row(own) / f32(p.width);
  own = vec2f();
  for (var k = lane; k < width; k += lanes) {
    let off = x[start + k] - mean.x;
    own += vec2f(add_up(off * off), add_up(off * g[start + k] * weight[k]));
  }
  let spread = sum_row(own) / f32(p.width);
  let s = inverseSqrt(spread.x + p.epsilon);
  let slope = s * s * spread.y;
  for (var k = lane; k < width; k += lanes) {
    var d = s * (g[start + k] * weight[k] - mean.y - (x[start + k] - mean.x) * slope);
    if (p.has_sofar != 0u) { d += sofar[start + k]; }
    dx[start + k] = d;
  }
  if (lane == 0u && row < p.rows) {
    stats[2u * row] = mean.x;
    stats[2u * row + 1u] = s;
  }
}
