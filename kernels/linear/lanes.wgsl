// What `row` does after its lanes have summed: they add up in workgroup memory, and the first lane of each output finishes it.
var<workgroup> sums: array<f32, 64>;
var<workgroup> squares: array<f32, 64>;

fn add_lanes(local: u32, row: u32, o: u32, sum: f32, square: f32) {
  sums[local] = sum;
  if (HAS_NORM) { squares[local] = square; }
  workgroupBarrier();
  if (local % LANES != 0u) { return; }
  var total = 0.0;
  var mean = 0.0;
  for (var i = 0u; i < LANES; i++) {
    total += sums[local + i];
    if (HAS_NORM) { mean += squares[local + i] / f32(p.inner); }
  }
  if (HAS_NORM) { total *= inverseSqrt(mean + p.epsilon); }
  finish(row, o, total);
}
