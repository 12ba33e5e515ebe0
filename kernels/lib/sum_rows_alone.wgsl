// sum (width) = Σ over rows `first` … `first + rows` of x (any, width), plus what `sofar` (width) holds already. An invocation takes
// a column, alone: for few rows, and for a processor that imitates a GPU, which pays dearly for a barrier.
struct Params { rows: u32, width: u32, first: u32, has_sofar: u32 }

@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read> sofar: array<f32>;
@group(0) @binding(3) var<storage, read_write> sum: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let k = id.x;
  if (k >= p.width) { return; }
  var total = 0.0;
  if (p.has_sofar != 0u) { total = sofar[k]; }
  for (var row = 0u; row < p.rows; row++) { total += x[(p.first + row) * p.width + k]; }
  sum[k] = total;
}
