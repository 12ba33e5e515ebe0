// A transform of RADIX = 8 to 4096 points in workgroup memory: LANES columns beside one another, eight points a thread, so that neighbouring
// threads read neighbouring columns. Stages of eight points, the last of 8, 4 or 2; each stage leaves its results where it found its
// inputs, so that one barrier lies between two stages. Inputs come in registers and outputs leave in registers.
#import "pass.wgsl"

const ROWS = RADIX / 8u;

/// Rows of LANES numbers, one row in eight left empty where there is room, so that rows eight apart lie in other banks.
var<workgroup> shared_points: array<vec2f, (RADIX + select(0u, RADIX / 8u, PAD)) * LANES>;

fn slot(row: u32, lane: u32) -> u32 {
  if (PAD) { return (row + row / 8u) * LANES + lane; }
  return row * LANES + lane;
}

/// From elements row + i · ROWS to the frequencies that `output_of` names.
fn stages(v: ptr<function, array<vec2f, 8>>, row: u32, lane: u32) {
  let step = p.points / RADIX;
  dft8(v);
  // `size` points to a block before the stage, `size`/8 after it.
  var size = RADIX;
  for (var stage = 1u; stage < STAGES; stage++) {
    var apart = size / 8u;
    var first = row / apart * size + row % apart;
    for (var i = 0u; i < 8u; i++) {
      let turned = times((*v)[i], roots[i * (row % apart) * (RADIX / size) * step]);
      shared_points[slot(first + i * apart, lane)] = turned;
    }
    workgroupBarrier();
    size = apart;
    if (stage < STAGES - 1u || LAST == 8u) {
      apart = size / 8u;
      first = row / apart * size + row % apart;
      for (var i = 0u; i < 8u; i++) { (*v)[i] = shared_points[slot(first + i * apart, lane)]; }
      dft8(v);
    } else {
      for (var i = 0u; i < 8u; i++) {
        (*v)[i] = shared_points[slot((row + i / LAST * ROWS) * LAST + i % LAST, lane)];
      }
      if (LAST == 4u) {
        dft4(v, 0u);
        dft4(v, 4u);
      } else {
        dft2(v, 0u);
        dft2(v, 2u);
        dft2(v, 4u);
        dft2(v, 6u);
      }
    }
  }
}

/// The frequency that register i of a row holds after the last stage: its block's number with base-8 digits in reverse, then its place.
fn output_of(row: u32, i: u32) -> u32 {
  var rest = row + i / LAST * ROWS;
  var block = 0u;
  for (var stage = 1u; stage < STAGES; stage++) {
    block = block * 8u + rest % 8u;
    rest /= 8u;
  }
  return block + i % LAST * (RADIX / LAST);
}
