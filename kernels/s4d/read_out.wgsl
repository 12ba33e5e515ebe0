// Tokens with outputs: y_t = Re Σ_n f C_n h_n + D_skip x_t (f = 2 where A stands for its conjugate too, 1 where it is real).
//
// x, y (batch, L, D); C (D, N, 2), or (D, N) where real; skip (D). More than TILE modes take another turn over the tokens, which adds to y.
#import "walk.wgsl"

@group(0) @binding(2) var<storage, read> x: array<f32>;
@group(0) @binding(3) var<storage, read> C: array<f32>;
@group(0) @binding(4) var<storage, read> skip: array<f32>;
@group(0) @binding(5) var<storage, read_write> y: array<f32>;

fn read_out(tile: ptr<function, Tile>, b: u32, d: u32, first: u32, last: u32, start: u32) {
  var read: array<vec2f, TILE>;
  for (var i = 0u; i < TILE; i++) {
    let n = d * p.states + start + i;
    if (start + i < p.states) {
      if (COMPLEX) { read[i] = 2.0 * vec2f(C[2u * n], C[2u * n + 1u]); }
      else { read[i] = vec2f(C[n], 0.0); }
    }
  }
  var through = 0.0;
  if (start == 0u && p.has_skip != 0u) { through = skip[d]; }
  for (var t = first; t < last; t++) {
    let at = place(b, t, d);
    let input = x[at];
    advance(tile, input);
    var sum = through * input;
    if (start > 0u) { sum += y[at]; }
    for (var i = 0u; i < TILE; i++) {
      if (COMPLEX) { sum += read[i].x * (*tile).h[i].x - read[i].y * (*tile).h[i].y; }
      else { sum += read[i].x * (*tile).h[i].x; }
    }
    y[at] = sum;
  }
}
