// sum (width) = Σ over rows `first` … `first + rows` of x (any, width), plus what `sofar` (width) holds already. A workgroup takes
// 32 columns; eight invocations share a column, each every eighth row, and the first adds the eight up.
struct Params { rows: u32, width: u32, first: u32, has_sofar: u32 }

@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read> sofar: array<f32>;
@group(0) @binding(3) var<storage, read_write> sum: array<f32>;

var<workgroup> parts: array<f32, 256>;

@compute @workgroup_size(256)
fn main(@builtin(local_invocation_index) local: u32, @builtin(workgroup_id) group: vec3u) {
  let k = group.x * 32u + local % 32u;
  var own = 0.0;
  if (k < p.width) {
    for (var row = local / 32u; row < p.rows; row += 8u) { own += x[(p.first + row) * p.width + k]; }
  }
  parts[local] = own;
  workgroupBarrier();
  if (local >= 32u || k >= p.width) { return; }
  for (var i = 1u; i < 8u; i++) { own += parts[local + 32u * i]; }
  if (p.has_sofar != 0u) { own += sofar[k]; }
  sum[k] = own;
}
