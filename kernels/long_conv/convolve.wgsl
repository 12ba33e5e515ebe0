// The heart of the long convolution in one dispatch: the last pass to frequencies, the product with the kernel's spectrum (or its
// conjugate), and the first pass back to time, all in workgroup memory. Where the whole transform is one pass, this is the whole
// convolution: the text is read once and the output written once.
//
// response (n, pairs), complex, the kernel's spectrum in reversed digits; the data as in pass.wgsl, by `load` and `store`.
//
// Two real channels share a transform, so that frequency k needs frequency n − k beside it. The last pass has blocks of RADIX frequencies
// F + n/RADIX · k; their mirrors are in the block of n/RADIX − F. A workgroup takes both: half of its lanes each (PAIRED). A lone pass
// has one block, its own mirror.
#import "../fft/stages.wgsl"
#import "../fft/order.wgsl"

@group(0) @binding(2) var<storage, read> response: array<vec2f>;

const COLUMNS = select(LANES, LANES / 2u, PAIRED);

@compute @workgroup_size(RADIX / 8 * LANES)
fn main(
  @builtin(local_invocation_index) local: u32,
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u
) {
  let lane = local % LANES;
  let row = local / LANES;
  let blocks = p.points / RADIX;
  let across = (p.width + COLUMNS - 1u) / COLUMNS;
  let index = group.x + group.y * groups.x;
  let column = index % across * COLUMNS + lane % COLUMNS;
  let batch = index / across / (blocks / 2u + 1u);
  let first = index / across % (blocks / 2u + 1u);
  let second = (blocks - first) % blocks;
  let mirrored = lane >= COLUMNS;
  let here = select(first, second, mirrored);
  let there = select(second, first, mirrored);
  let live = index < p.tasks && column < p.width && !(mirrored && here == there);

  // The blocks' places in reversed digits.
  let place_here = place_of(here, p.points, p.digits);
  let place_there = place_of(there, p.points, p.digits);
  let partner = select((lane + COLUMNS) % LANES, lane, here == there);
  let task = (batch * blocks + place_here / RADIX) * p.width + column;

  var v: array<vec2f, 8>;
  if (live) {
    for (var i = 0u; i < 8u; i++) { v[i] = load(task, row + i * ROWS); }
  }
  stages(&v, row, lane);

  workgroupBarrier();
  for (var i = 0u; i < 8u; i++) { shared_points[slot(output_of(row, i), lane)] = v[i]; }
  workgroupBarrier();
  if (live) {
    for (var i = 0u; i < 8u; i++) {
      let k = output_of(row, i);
      var mirror = RADIX - 1u - k;
      if (here == 0u) { mirror = (RADIX - k) % RADIX; }
      v[i] = product_at(
        v[i],
        shared_points[slot(mirror, partner)],
        response[(place_here + k) * p.width + column],
        response[(place_there + mirror) * p.width + column]
      );
    }
  }
  workgroupBarrier();
  for (var i = 0u; i < 8u; i++) { shared_points[slot(output_of(row, i), lane)] = v[i].yx; }
  workgroupBarrier();
  for (var i = 0u; i < 8u; i++) { v[i] = shared_points[slot(row + i * ROWS, lane)]; }

  stages(&v, row, lane);
  if (!live) { return; }
  for (var i = 0u; i < 8u; i++) { store(task, output_of(row, i), v[i].yx * p.factor); }
}

/// The product's spectrum at frequency k, from that of the data and of the kernel at k and at n − k. With a and b the channels,
/// Z_k = A_k + i B_k, each times its own response K: A K_a + i B K_b = Z_k (K_a + K_b)/2 + Z̄_{n−k} (K_a − K_b)/2.
fn product_at(z: vec2f, z_mirror: vec2f, k: vec2f, k_mirror: vec2f) -> vec2f {
  let even = conjugate(k_mirror);
  // K_a and K_b of the kernel's own pair.
  var a = 0.5 * (k + even);
  var b = 0.5 * quarter_back(k - even);
  if (CONJUGATE) {
    a = conjugate(a);
    b = conjugate(b);
  }
  return 0.5 * (times(z, a + b) + times(conjugate(z_mirror), a - b));
}
