// through (rows) = dy · y of each token and head; both (rows, HEAD_DIM). What all scores of a query share of its gradient. Eight
// invocations a row, so that neighbours read neighbours.
struct Params { rows: u32 }

@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> y: array<f32>;
@group(0) @binding(2) var<storage, read> dy: array<f32>;
@group(0) @binding(3) var<storage, read_write> through: array<f32>;

var<workgroup> parts: array<f32, 64>;

@compute @workgroup_size(64)
fn main(
  @builtin(local_invocation_index) local: u32, @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u
) {
  for (var first = 8u * group.x; first < p.rows; first += 8u * groups.x) {
    let row = first + local / 8u;
    var sum = 0.0;
    if (row < p.rows) {
      for (var i = local % 8u; i < HEAD_DIM; i += 8u) { sum += y[row * HEAD_DIM + i] * dy[row * HEAD_DIM + i]; }
    }
    workgroupBarrier();
    parts[local] = sum;
    workgroupBarrier();
    if (local % 8u == 0u && row < p.rows) {
      for (var i = 1u; i < 8u; i++) { sum += parts[local + i]; }
      through[row] = sum;
    }
  }
}
