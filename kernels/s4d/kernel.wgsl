// The kernel of S4D: K_l = Re Σ_n f C_n B̄_n Ā_nˡ (f = 2 where A_n stands for its conjugate too, 1 where it is real), a Vandermonde
// product.
//
// modes (D, N) as modes.wgsl leaves them; C (D, N, 2), or (D, N) where real; K (D, L).
//
// One thread a channel and REACH lags, 64 apart, so that neighbouring threads write neighbouring lags. Each mode begins with one accurate
// power and goes on by products with Ā⁶⁴; REACH is small, so that rounding does not add up.
#import "powers.wgsl"
#import "../lib/complex.wgsl"

const REACH = 16u;

struct Params { length: u32, states: u32, blocks: u32 }

@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> modes: array<u32>;
@group(0) @binding(2) var<storage, read> C: array<f32>;
@group(0) @binding(3) var<storage, read_write> K: array<f32>;

@compute @workgroup_size(64)
fn main(
  @builtin(local_invocation_index) local: u32,
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u
) {
  let d = group.x;
  for (var block = group.y; block < p.blocks; block += groups.y) {
    let first = block * 64u * REACH + local;
    var sums: array<f32, REACH>;
    for (var n = 0u; n < p.states; n++) {
      let i = d * p.states + n;
      let mode = mode_at(i);
      var read = vec2f(C[i * select(1u, 2u, COMPLEX)], 0.0);
      if (COMPLEX) { read = 2.0 * vec2f(read.x, C[2u * i + 1u]); }
      var answer = times(times(read, mode.B_bar), power(mode, first));
      let leap = power(mode, 64u);
      for (var j = 0u; j < REACH; j++) {
        sums[j] += answer.x;
        answer = times(answer, leap);
      }
    }
    for (var j = 0u; j < REACH; j++) {
      let l = first + 64u * j;
      if (l < p.length) { K[d * p.length + l] = sums[j]; }
    }
  }
}
