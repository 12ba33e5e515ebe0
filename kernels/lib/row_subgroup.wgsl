// The entry point of operations on rows, version `subgroup`: a subgroup takes one row and adds up without a barrier; a workgroup
// of 256 invocations holds several. What follows gives `work(row, lane, lanes)`, in which all lanes of a row must call `sum_row`
// and `max_row` together. It is called for rows past the last one as well: these have no numbers.
@compute @workgroup_size(256)
fn main(
  @builtin(local_invocation_index) local: u32,
  @builtin(subgroup_invocation_id) lane: u32,
  @builtin(subgroup_size) lanes: u32,
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u
) {
  work((group.x + group.y * groups.x) * (256u / lanes) + local / lanes, lane, lanes);
}

/// The sum over the lanes of a row, in each of them.
fn sum_row(own: vec2f) -> vec2f {
  return subgroupAdd(own);
}

/// The largest number that any lane of a row has, in each of them.
fn max_row(own: f32) -> f32 {
  return subgroupMax(own);
}
