// RMS norm: y = x · weight / √(mean(x²) + ε) over the last dimension. x, y (rows, width), weight (width), as values of STEP numbers.
// The lanes of a row take its values in turn and add their squares up; x is read again, from the cache, to be scaled.
struct Params { rows: u32, width: u32, epsilon: f32 }

@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> x: array<Value>;
@group(0) @binding(2) var<storage, read> weight: array<Value>;
@group(0) @binding(3) var<storage, read_write> y: array<Value>;

fn work(row: u32, lane: u32, lanes: u32) {
  let width = select(0u, p.width / STEP, row < p.rows);
  let start = row * (p.width / STEP);
  var own = 0.0;
  for (var k = lane; k < width; k += lanes) { own += add_up(x[start + k] * x[start + k]); }
  let scale = inverseSqrt(sum_row(vec2f(own, 0.0)).x / f32(p.width) + p.epsilon);
  for (var k = lane; k < width; k += lanes) { y[start + k] = x[start + k] * scale * weight[k]; }
}
