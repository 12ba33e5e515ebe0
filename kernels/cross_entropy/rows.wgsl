// Cross-entropy of each row: loss = log Σ exp(logits) − logits[target], 0 where the target is none of the classes.
// logits (rows, classes), as values of STEP numbers; targets and losses (at least first + rows) from `first` on, normaliser (rows):
// log Σ exp(logits).
// The lanes of a row take its values in turn: the largest, then the sum, the second time from the cache.
struct Params { rows: u32, classes: u32, first: u32 }

@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> logits: array<Value>;
@group(0) @binding(2) var<storage, read> targets: array<u32>;
@group(0) @binding(3) var<storage, read_write> losses: array<f32>;
@group(0) @binding(4) var<storage, read_write> normaliser: array<f32>;

fn work(row: u32, lane: u32, lanes: u32) {
  let width = select(0u, p.classes / STEP, row < p.rows);
  let start = row * (p.classes / STEP);
  var values = logits[start];
  for (var k = lane; k < width; k += lanes) { values = max(values, logits[start + k]); }
  let most = max_row(largest(values));
  var own = 0.0;
  for (var k = lane; k < width; k += lanes) { own += add_up(exp(logits[start + k] - most)); }
  let whole = log(sum_row(vec2f(own, 0.0)).x);
  if (row >= p.rows || lane != 0u) { return; }
  normaliser[row] = most + whole;
  let wanted = targets[p.first + row];
  var loss = 0.0;
  // In this order no digits are lost where the logits are large.
  if (wanted < p.classes) { loss = (most - number_of(logits[start + wanted / STEP], wanted)) + whole; }
  losses[p.first + row] = loss;
}
