// What one row is of the mean: share = 1 / how many of the targets are classes; 0 where none is. targets (rows), share (1).
// One workgroup of LANES; each invocation counts every LANES-th target.
struct Params { rows: u32, classes: u32 }

@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> targets: array<u32>;
@group(0) @binding(2) var<storage, read_write> share: array<f32>;

var<workgroup> counts: array<u32, LANES>;

@compute @workgroup_size(LANES)
fn main(@builtin(local_invocation_index) local: u32) {
  var own = 0u;
  for (var row = local; row < p.rows; row += LANES) { own += u32(targets[row] < p.classes); }
  counts[local] = own;
  workgroupBarrier();
  if (local != 0u) { return; }
  var count = 0u;
  for (var i = 0u; i < LANES; i++) { count += counts[i]; }
  share[0] = select(0.0, 1.0 / f32(count), count > 0u);
}
