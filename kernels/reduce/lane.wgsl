// Reductions, one invocation for each block of each row: no barrier. Block b of a row takes its numbers b, b + blocks, b + 2 · blocks…
// What is reduced, and how, is said by the code behind this: Part, start, term, join, put.

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  for (var unit = id.x; unit < p.rows * p.blocks; unit += 64u * groups.x) {
    let row = unit / p.blocks;
    var own = start(row, unit % p.blocks);
    for (var k = unit % p.blocks; k < p.width; k += p.blocks) { own = join(own, term(row, k)); }
    put(unit, own);
  }
}
