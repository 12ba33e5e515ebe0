// Backward of softmax: dx = y · (g − Σ g · y) over the last dimension, plus what other uses of x gave so far.
// y, g, sofar, dx (rows, width). The lanes of a row take its numbers in turn.
struct Params { rows: u32, width: u32, has_sofar: u32 }

@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> y: array<f32>;
@group(0) @binding(2) var<storage, read> g: array<f32>;
@group(0) @binding(3) var<storage, read> sofar: array<f32>;
@group(0) @binding(4) var<storage, read_write> dx: array<f32>;

fn work(row: u32, lane: u32, lanes: u32) {
  let width = select(0u, p.width, row < p.rows);
  let start = row * p.width;
  var own = 0.0;
  for (var k = lane; k < width; k += lanes) { own += g[start + k] * y[start + k]; }
  let sum = sum_row(vec2f(own, 0.0)).x;
  for (var k = lane; k < width; k += lanes) {
    var d = y[start + k] * (g[start + k] - sum);
    if (p.has_sofar != 0u) { d += sofar[start + k]; }
    dx[start + k] = d;
  }
}
