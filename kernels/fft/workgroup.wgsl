// A pass of 8 to 4096 points in workgroup memory: LANES neighbouring tasks a workgroup.
#import "stages.wgsl"

@compute @workgroup_size(RADIX / 8 * LANES)
fn main(
  @builtin(local_invocation_index) local: u32,
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u
) {
  let lane = local % LANES;
  let row = local / LANES;
  let task = (group.x + group.y * groups.x) * LANES + lane;
  let live = task < p.tasks;

  var v: array<vec2f, 8>;
  if (live) {
    for (var i = 0u; i < 8u; i++) { v[i] = enter(task, row + i * ROWS); }
  }
  stages(&v, row, lane);
  if (!live) { return; }
  for (var i = 0u; i < 8u; i++) { leave(task, output_of(row, i), v[i]); }
}
