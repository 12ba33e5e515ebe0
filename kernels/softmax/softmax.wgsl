// Softmax over the last dimension: y = exp(x − m) / Σ exp(x − m) with m the row's largest number. x, y (rows, width), as values of
// STEP numbers.
// The lanes of a row take its values in turn: the largest, the sum, the quotients. x is read three times, twice from the cache.
struct Params { rows: u32, width: u32 }

@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> x: array<Value>;
@group(0) @binding(2) var<storage, read_write> y: array<Value>;

fn work(row: u32, lane: u32, lanes: u32) {
  let width = select(0u, p.width / STEP, row < p.rows);
  let start = row * (p.width / STEP);
  var values = x[start];
  for (var k = lane; k < width; k += lanes) { values = max(values, x[start + k]); }
  let most = max_row(largest(values));
  var own = 0.0;
  for (var k = lane; k < width; k += lanes) { own += add_up(exp(x[start + k] - most)); }
  let sum = sum_row(vec2f(own, 0.0)).x;
  for (var k = lane; k < width; k += lanes) { y[start + k] = exp(x[start + k] - most) / sum; }
}
