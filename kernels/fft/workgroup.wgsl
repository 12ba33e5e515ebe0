// A pass of RADIX = 8 to 2048 points in workgroup memory: LANES neighbouring tasks a workgroup, eight points a thread, so that
// neighbouring threads read neighbouring columns. Stages of eight points, the last of 8, 4 or 2; each stage leaves its results where
// it found its inputs, so that one barrier lies between two stages. The first stage takes its inputs from memory into registers and the
// last one puts its outputs back from there.
#import "pass.wgsl"

const ROWS = RADIX / 8u;

/// Rows of LANES numbers, one row in eight left empty where there is room, so that rows eight apart lie in other banks.
var<workgroup> shared_points: array<vec2f, (RADIX + select(0u, RADIX / 8u, PAD)) * LANES>;

fn slot(row: u32, lane: u32) -> u32 {
  if (PAD) { return (row + row / 8u) * LANES + lane; }
  return row * LANES + lane;
}

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
  let step = p.points / RADIX;

  var v: array<vec2f, 8>;
  if (live) {
    for (var i = 0u; i < 8u; i++) { v[i] = enter(task, row + i * ROWS); }
  }
  dft8(&v);

  // Stages of eight points: `size` points to a block before the stage, `size`/8 after it.
  var size = RADIX;
  for (var stage = 1u; stage < STAGES; stage++) {
    var apart = size / 8u;
    var first = row / apart * size + row % apart;
    for (var i = 0u; i < 8u; i++) {
      let turned = times(v[i], roots[i * (row % apart) * (RADIX / size) * step]);
      shared_points[slot(first + i * apart, lane)] = turned;
    }
    workgroupBarrier();
    size = apart;
    if (stage < STAGES - 1u || LAST == 8u) {
      apart = size / 8u;
      first = row / apart * size + row % apart;
      for (var i = 0u; i < 8u; i++) { v[i] = shared_points[slot(first + i * apart, lane)]; }
      dft8(&v);
    } else {
      for (var i = 0u; i < 8u; i++) {
        v[i] = shared_points[slot((row + i / LAST * ROWS) * LAST + i % LAST, lane)];
      }
      if (LAST == 4u) {
        dft4(&v, 0u);
        dft4(&v, 4u);
      } else {
        dft2(&v, 0u);
        dft2(&v, 2u);
        dft2(&v, 4u);
        dft2(&v, 6u);
      }
    }
  }
  if (!live) { return; }
  for (var i = 0u; i < 8u; i++) {
    let block = row + i / LAST * ROWS;
    leave(task, reversed(block) + i % LAST * (RADIX / LAST), v[i]);
  }
}

/// A block's number with its base-8 digits in reverse: the frequency of its first output.
fn reversed(block: u32) -> u32 {
  var rest = block;
  var result = 0u;
  for (var stage = 1u; stage < STAGES; stage++) {
    result = result * 8u + rest % 8u;
    rest /= 8u;
  }
  return result;
}
