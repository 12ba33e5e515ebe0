// The entry point of sums over rows, one for each column: the gradient of a weight that all rows share. What follows gives
// `term(row, k)`, up to two numbers that are summed side by side, and binds `p` with rows, width, block (rows of a block) and
// `partial` (PARTS, blocks, width). A workgroup takes 64 columns and one block of rows, an invocation one column, so that
// neighbours read neighbours; `sumRows` adds the blocks up, since WGSL has no atomic addition of f32.
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let k = id.x;
  let block = id.y;
  if (k >= p.width) { return; }
  var sum = vec2f();
  let last = min((block + 1u) * p.block, p.rows);
  for (var row = block * p.block; row < last; row++) { sum += term(row, k); }
  partial[block * p.width + k] = sum.x;
  if (PARTS == 2u) { partial[(groups.y + block) * p.width + k] = sum.y; }
}
