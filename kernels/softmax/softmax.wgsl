// Softmax over the last dimension: y = exp(x − m) / Σ exp(x − m) with m the row's largest number. x, y (rows, width).
// The lanes of a row take its numbers in turn: the largest, the sum, the quotients. x is read three times, twice from the cache.
struct Params { rows: u32, width: u32 }

@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read_write> y: array<f32>;

fn work(row: u32, lane: u32, lanes: u32) {
  let width = select(0u, p.width, row < p.rows);
  let start = row * p.width;
  var most = x[start];
  for (var k = lane; k < width; k += lanes) { most = max(most, x[start + k]); }
  most = max_row(most);
  var own = 0.0;
  for (var k = lane; k < width; k += lanes) { own += exp(x[start + k] - most); }
  let sum = sum_row(vec2f(own, 0.0)).x;
  for (var k = lane; k < width; k += lanes) { y[start + k] = exp(x[start + k] - most) / sum; }
}
