// S4D backward, first part: what the kernel's gradient says of each mode, Σ_l dK_l Āˡ and Σ_l (l + 1) dK_{l+1} Āˡ.
//
// modes (D, N) as modes.wgsl leaves them; dK (D, L); sums (D, N, 4).
//
// One workgroup a channel and TILE modes. Each thread takes every 64th lag, begins with an accurate power and goes on by products
// with Ā⁶⁴, REACH of them; the threads' sums are added up in workgroup memory at the end, with one barrier.
#import "powers.wgsl"
#import "../lib/complex.wgsl"

const REACH = 16u;
const TILE = 4u;

struct Params { length: u32, states: u32 }

@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> modes: array<u32>;
@group(0) @binding(2) var<storage, read> dK: array<f32>;
@group(0) @binding(3) var<storage, read_write> sums: array<f32>;

var<workgroup> parts: array<vec4f, 64 * TILE>;

@compute @workgroup_size(64)
fn main(@builtin(local_invocation_index) local: u32, @builtin(workgroup_id) group: vec3u) {
  let row = group.x * p.length;
  let first = group.x * p.states + group.y * TILE;
  let count = min(TILE, p.states - group.y * TILE);

  for (var n = 0u; n < count; n++) {
    let mode = mode_at(first + n);
    let leap = power(mode, 64u);
    var sum = vec4f(0.0);
    for (var start = local; start < p.length; start += 64u * REACH) {
      var here = power(mode, start);
      let end = min(start + 64u * REACH, p.length);
      for (var l = start; l < end; l += 64u) {
        var slope = 0.0;
        if (l + 1u < p.length) { slope = f32(l + 1u) * dK[row + l + 1u]; }
        sum += vec4f(dK[row + l] * here, slope * here);
        here = times(here, leap);
      }
    }
    parts[n * 64u + local] = sum;
  }
  workgroupBarrier();
  if (local >= count) { return; }
  var total = vec4f(0.0);
  for (var i = 0u; i < 64u; i++) { total += parts[local * 64u + i]; }
  let at = 4u * (first + local);
  sums[at] = total.x;
  sums[at + 1u] = total.y;
  sums[at + 2u] = total.z;
  sums[at + 3u] = total.w;
}
