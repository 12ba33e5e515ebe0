// The entry point of operations on rows, version `lane`: an invocation takes one row, alone, so that there is nothing to add up and
// no barrier, which a processor that imitates a GPU pays dearly for. What follows gives `work(row, lane, lanes)`.
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  work(id.x + id.y * groups.x * 64u, 0u, 1u);
}

/// The sum over the lanes of a row, in each of them.
fn sum_row(own: vec2f) -> vec2f { return own; }

/// The largest number that any lane of a row has, in each of them.
fn max_row(own: f32) -> f32 { return own; }
