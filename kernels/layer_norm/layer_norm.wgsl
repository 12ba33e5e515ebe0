// Layer norm: y = (x − mean) · weight / √(variance + ε) + bias over the last dimension. x, y (rows, width), weight, bias (width),
// as values of STEP numbers.
// The lanes of a row take its values in turn; first the mean, then the squares of what is off it, so that a row far from zero
// keeps its digits. x is read three times, twice from the cache.
struct Params { rows: u32, width: u32, has_bias: u32, epsilon: f32 }

@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> x: array<Value>;
@group(0) @binding(2) var<storage, read> weight: array<Value>;
@group(0) @binding(3) var<storage, read> bias: array<Value>;
@group(0) @binding(4) var<storage, read_write> y: array<Value>;

fn work(row: u32, lane: u32, lanes: u32) {
  let width = select(0u, p.width / STEP, row < p.rows);
  let start = row * (p.width / STEP);
  var own = 0.0;
  for (var k = lane; k < width; k += lanes) { own += add_up(x[start + k]); }
  let mean = sum_row(vec2f(own, 0.0)).x / f32(p.width);
  own = 0.0;
  for (var k = lane; k < width; k += lanes) {
    let off = x[start + k] - mean;
    own += add_up(off * off);
  }
  let scale = inverseSqrt(sum_row(vec2f(own, 0.0)).x / f32(p.width) + p.epsilon);
  for (var k = lane; k < width; k += lanes) {
    var value = (x[start + k] - mean) * scale * weight[k];
    if (p.has_bias != 0u) { value += bias[k]; }
    y[start + k] = value;
  }
}
