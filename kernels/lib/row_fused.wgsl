// The entry point of the backward of norms, version `fused`: a subgroup takes rows one after another, keeps its share of the
// gradients that all rows have in common (of the weight, of the bias) in registers meanwhile, and the subgroups of a workgroup add
// theirs up at the end. So the gradient of the output and the input are read once for both.
//
// What follows gives `work(row, lane)`, which lane `lane` calls for every row together with the others, and adds to `shares`:
// PER values for each of PARTS sums; value k of a row is number k / LANES of lane k % LANES. It binds `p` with rows, width and
// block (rows of a workgroup), and `partial` (PARTS, workgroups, width). LANES is the size of every subgroup of the device. Where
// rows have groups, each with a norm of its own, a group of a row is a row here, and workgroups lie along the groups as well.
const SUBGROUPS = 256u / LANES;
var<workgroup> gathered: array<Value, 256>;
var<private> shares: array<Value, PER * PARTS>;

@compute @workgroup_size(256)
fn main(
  @builtin(local_invocation_index) local: u32,
  @builtin(subgroup_invocation_id) lane: u32,
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u
) {
  let own = local / LANES;
  for (var i = 0u; i < p.block; i += SUBGROUPS) { work((group.x * p.block + i + own) * groups.y + group.y, lane); }
  let width = p.width / STEP;
  for (var i = 0u; i < PER * PARTS; i++) {
    workgroupBarrier();
    gathered[local] = shares[i];
    workgroupBarrier();
    let k = LANES * (i % PER) + local;
    if (local < LANES && k < width) {
      var sum = gathered[local];
      for (var other = 1u; other < SUBGROUPS; other++) { sum += gathered[LANES * other + local]; }
      partial[((i / PER * groups.x + group.x) * groups.y + group.y) * width + k] = sum;
    }
  }
}

/// The sum over the lanes of a row, in each of them.
fn sum_row(own: vec2f) -> vec2f { return subgroupAdd(own); }
