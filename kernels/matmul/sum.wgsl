// The second stage of a product whose sums were split: y = activation(α Σ parts + bias) + residual. The parts lie one behind the
// other, (splits, rows, columns) for each member of the batch. One invocation a quad of columns; no barrier.
#import "epilogue.wgsl"

@group(0) @binding(1) var<storage, read> parts: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let quads = (p.columns + 3u) / 4u;
  let size = p.rows * p.columns;
  for (var i = id.x; i < p.rows * quads; i += 64u * groups.x) {
    let row = i / quads;
    let column = 4u * (i % quads);
    var at = id.z * p.splits * size + row * p.columns + column;
    var sums = vec4f();
    for (var s = 0u; s < p.splits; s++) {
      sums += vec4f(parts[at], parts[at + 1u], parts[at + 2u], parts[at + 3u]);
      at += size;
    }
    finish4(id.z, row, column, sums);
  }
}
