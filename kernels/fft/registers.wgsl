// A pass of 2, 4 or 8 points without workgroup memory and without barriers: one thread a task. For software adapters.
#import "pass.wgsl"

@compute @workgroup_size(64)
fn main(
  @builtin(local_invocation_index) local: u32,
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u
) {
  let task = (group.x + group.y * groups.x) * 64u + local;
  if (task >= p.tasks) { return; }
  var v: array<vec2f, 8>;
  for (var e = 0u; e < RADIX; e++) { v[e] = enter(task, e); }
  if (RADIX == 8u) { dft8(&v); }
  else if (RADIX == 4u) { dft4(&v, 0u); }
  else { dft2(&v, 0u); }
  for (var k = 0u; k < RADIX; k++) { leave(task, k, v[k]); }
}
