// The convolution theorem: the spectrum of each channel times that of its kernel, or its conjugate (CONJUGATE: the gradient by x).
//
// z (batch, n, pairs) in place, k (n, pairs), complex, frequencies in reversed digits. One thread a pair of channels and a pair of
// frequencies k, n − k.
#import "spectra.wgsl"

@group(0) @binding(1) var<storage, read_write> z: array<vec2f>;
@group(0) @binding(2) var<storage, read> k: array<vec2f>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let half = p.points / 2u + 1u;
  for (var i = id.x; i < half * p.pairs; i += 64u * groups.x) {
    let frequency = i / p.pairs;
    let pair = i % p.pairs;
    let here = place_of(frequency, p.points, p.digits) * p.pairs + pair;
    let there = place_of((p.points - frequency) % p.points, p.points, p.digits) * p.pairs + pair;
    var response = apart(k[here], k[there]);
    if (CONJUGATE) { response = vec4f(conjugate(response.xy), conjugate(response.zw)); }
    for (var b = 0u; b < p.batch; b++) {
      let row = b * p.points * p.pairs;
      let x = apart(z[row + here], z[row + there]);
      let y = vec4f(times(x.xy, response.xy), times(x.zw, response.zw));
      z[row + here] = together(y);
      z[row + there] = together_mirrored(y);
    }
  }
}
