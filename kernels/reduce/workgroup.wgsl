// Reductions, one workgroup for each block of each row. Its 256 lanes take neighbouring numbers; the lanes' parts are joined in
// workgroup memory by 16 of them, then by one. Block b takes the runs b, b + blocks… of 256 numbers.
// What is reduced, and how, is said by the code behind this: Part, start, term, join, put.

var<workgroup> parts: array<Part, 256>;

@compute @workgroup_size(256)
fn main(
  @builtin(local_invocation_index) lane: u32,
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u
) {
  for (var unit = group.x; unit < p.rows * p.blocks; unit += groups.x) {
    let row = unit / p.blocks;
    let first = unit % p.blocks * 256u + lane;
    var own = start(row, first);
    for (var k = first; k < p.width; k += 256u * p.blocks) { own = join(own, term(row, k)); }
    parts[lane] = own;
    workgroupBarrier();
    if (lane < 16u) {
      for (var i = lane + 16u; i < 256u; i += 16u) { own = join(own, parts[i]); }
      parts[lane] = own;
    }
    workgroupBarrier();
    if (lane == 0u) {
      for (var i = 1u; i < 16u; i++) { own = join(own, parts[i]); }
      put(unit, own);
    }
    workgroupBarrier();
  }
}
