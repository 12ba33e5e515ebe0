// Backward of cross-entropy: dlogits = (softmax(logits) − [k = target]) · share · g, 0 in rows whose target is none of the classes;
// plus what other uses of the logits gave so far. g is the gradient of the loss, one number, and 1 if absent.
// logits, sofar, dlogits (rows, classes), targets from `first` on, normaliser (rows): log Σ exp(logits), share (1).
// The lanes of a row take its values of STEP numbers in turn; there is no sum left to do.
struct Params { rows: u32, classes: u32, first: u32, has_g: u32, has_sofar: u32 }

@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> logits: array<Value>;
@group(0) @binding(2) var<storage, read> targets: array<u32>;
@group(0) @binding(3) var<storage, read> normaliser: array<f32>;
@group(0) @binding(4) var<storage, read> share: array<f32>;
@group(0) @binding(5) var<storage, read> g: array<f32>;
@group(0) @binding(6) var<storage, read> sofar: array<Value>;
@group(0) @binding(7) var<storage, read_write> dlogits: array<Value>;

fn work(row: u32, lane: u32, lanes: u32) {
  if (row >= p.rows) { return; }
  let width = p.classes / STEP;
  let start = row * width;
  let wanted = targets[p.first + row];
  var scale = 0.0;
  if (wanted < p.classes) {
    scale = share[0];
    if (p.has_g != 0u) { scale *= g[0]; }
  }
  let whole = normaliser[row];
  for (var k = lane; k < width; k += lanes) {
    var d = scale * (exp(logits[start + k] - whole) - is_number(k, wanted));
    if (p.has_sofar != 0u) { d += sofar[start + k]; }
    dlogits[start + k] = d;
  }
}
