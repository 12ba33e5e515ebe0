// The mean of the losses of rows: loss = share · Σ losses. losses (rows), share (1), loss (1).
// One workgroup of LANES; each invocation sums every LANES-th row.
struct Params { rows: u32 }

@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> losses: array<f32>;
@group(0) @binding(2) var<storage, read> share: array<f32>;
@group(0) @binding(3) var<storage, read_write> loss: array<f32>;

var<workgroup> sums: array<f32, LANES>;

@compute @workgroup_size(LANES)
fn main(@builtin(local_invocation_index) local: u32) {
  var own = 0.0;
  for (var row = local; row < p.rows; row += LANES) { own += losses[row]; }
  sums[local] = own;
  workgroupBarrier();
  if (local != 0u) { return; }
  var sum = 0.0;
  for (var i = 0u; i < LANES; i++) { sum += sums[i]; }
  loss[0] = sum * share[0];
}
