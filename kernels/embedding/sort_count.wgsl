// First step of a pass: how often each digit stands in each block of 64 places. counts (64 digits, blocks). A workgroup a block, an
// invocation a digit; all read the same places, so the cache serves them.
#import "./sort_ids.wgsl"
@group(0) @binding(3) var<storage, read_write> counts: array<u32>;

@compute @workgroup_size(64)
fn main(
  @builtin(local_invocation_index) digit: u32,
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u
) {
  for (var block = group.x; block < p.blocks; block += groups.x) {
    var count = 0u;
    for (var j = 64u * block; j < min(64u * block + 64u, p.count); j++) { count += select(0u, 1u, digit_at(j) == digit); }
    counts[digit * p.blocks + block] = count;
  }
}
