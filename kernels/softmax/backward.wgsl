// Backward of softmax: dx = y · (g − Σ g · y) over the last dimension, plus what other uses of x gave so far.
// y, g, sofar, dx (rows, width), as values of STEP numbers. The lanes of a row take its values in turn.
struct Params { rows: u32, width: u32, has_sofar: u32 }

@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> y: array<Value>;
@group(0) @binding(2) var<storage, read> g: array<Value>;
@group(0) @binding(3) var<storage, read> sofar: array<Value>;
@group(0) @binding(4) var<storage, read_write> dx: array<Value>;

fn work(row: u32, lane: u32, lanes: u32) {
  let width = select(0u, p.width / STEP, row < p.rows);
  let start = row * (p.width / STEP);
  var own = 0.0;
  for (var k = lane; k < width; k += lanes) { own += add_up(g[start + k] * y[start + k]); }
  let sum = sum_row(vec2f(own, 0.0)).x;
  for (var k = lane; k < width; k += lanes) {
    var d = y[start + k] * (g[start + k] - sum);
    if (p.has_sofar != 0u) { d += sofar[start + k]; }
    dx[start + k] = d;
  }
}
