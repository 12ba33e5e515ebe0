// The entry point of operations on rows, version `row`: a workgroup of 64 invocations takes one row, each of them every 64th
// number, and they add up in workgroup memory. What follows gives `work(row, lane, lanes)`, in which all lanes of a row must
// call `sum_row` and `max_row` together. It is called for rows past the last one as well: these have no numbers.
var<workgroup> parts: array<vec2f, 128>;
var<private> own_lane: u32;
// Two halves of `parts` take turns, so that a call needs one barrier alone.
var<private> turn: u32;

@compute @workgroup_size(64)
fn main(
  @builtin(local_invocation_index) local: u32,
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u
) {
  own_lane = local;
  work(group.x + group.y * groups.x, local, 64u);
}

/// The sum over the lanes of a row, in each of them.
fn sum_row(own: vec2f) -> vec2f {
  let first = 64u * turn;
  turn = 1u - turn;
  parts[first + own_lane] = own;
  workgroupBarrier();
  var sum = vec2f();
  for (var i = 0u; i < 64u; i++) { sum += parts[first + i]; }
  return sum;
}

/// The largest number that any lane of a row has, in each of them.
fn max_row(own: f32) -> f32 {
  let first = 64u * turn;
  turn = 1u - turn;
  parts[first + own_lane].x = own;
  workgroupBarrier();
  var most = own;
  for (var i = 0u; i < 64u; i++) { most = max(most, parts[first + i].x); }
  return most;
}
