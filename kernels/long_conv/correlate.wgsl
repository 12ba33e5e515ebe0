// The spectrum of the kernel's gradient: Σ over the batch of the conjugate spectrum of x times that of dy, channel by channel.
//
// x, dy (batch, n, pairs), g (n, pairs), complex, frequencies in reversed digits. One thread a pair of channels and a pair of
// frequencies k, n − k.
#import "spectra.wgsl"

@group(0) @binding(1) var<storage, read> x: array<vec2f>;
@group(0) @binding(2) var<storage, read> dy: array<vec2f>;
@group(0) @binding(3) var<storage, read_write> g: array<vec2f>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let half = p.points / 2u + 1u;
  for (var i = id.x; i < half * p.pairs; i += 64u * groups.x) {
    let frequency = i / p.pairs;
    let pair = i % p.pairs;
    let here = place_of(frequency, p.points, p.digits) * p.pairs + pair;
    let there = place_of((p.points - frequency) % p.points, p.points, p.digits) * p.pairs + pair;
    var sum = vec4f(0.0);
    for (var b = 0u; b < p.batch; b++) {
      let row = b * p.points * p.pairs;
      let a = apart(x[row + here], x[row + there]);
      let c = apart(dy[row + here], dy[row + there]);
      sum += vec4f(times(conjugate(a.xy), c.xy), times(conjugate(a.zw), c.zw));
    }
    g[here] = together(sum);
    g[there] = together_mirrored(sum);
  }
}
