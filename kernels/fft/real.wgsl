// The spectrum of n real numbers from that of n/2 complex ones, which they are two by two: Z_k = E_k + i O_k holds the spectra of the
// even and of the odd numbers, and X_k = E_k + e^{−2πi k/n} O_k. z (rows, n/2), y (rows, n/2 + 1), both complex. One thread a frequency.
#import "../lib/complex.wgsl"

struct Params { half: u32, bins: u32, rows: u32 }

@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> roots: array<vec2f>;
@group(0) @binding(2) var<storage, read> z: array<vec2f>;
@group(0) @binding(3) var<storage, read_write> y: array<vec2f>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  for (var i = id.x; i < p.rows * p.bins; i += 64u * groups.x) {
    let k = i % p.bins;
    let row = i / p.bins * p.half;
    let there = z[row + k % p.half];
    let mirror = z[row + (p.half - k) % p.half] * vec2f(1.0, -1.0);
    let even = 0.5 * (there + mirror);
    let odd = 0.5 * quarter_back(there - mirror);
    y[i] = even + times(odd, roots[k]);
  }
}
