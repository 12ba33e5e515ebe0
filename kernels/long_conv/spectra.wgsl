// Spectra of pairs of real channels, told apart and put together. With z = a + i b in time, the spectra of a and b are
// A_k = (Z_k + Z̄_{n−k}) / 2 and B_k = (Z_k − Z̄_{n−k}) / 2i.
#import "../fft/order.wgsl"
#import "../lib/complex.wgsl"

struct Params { points: u32, pairs: u32, digits: u32, batch: u32 }

@group(0) @binding(0) var<uniform> p: Params;

/// (A_k, B_k) from Z_k and Z_{n−k}.
fn apart(here: vec2f, there: vec2f) -> vec4f {
  let mirror = conjugate(there);
  return 0.5 * vec4f(here + mirror, quarter_back(here - mirror));
}

/// Z_k from A_k and B_k.
fn together(ab: vec4f) -> vec2f { return ab.xy + vec2f(-ab.w, ab.z); }

/// Z_{n−k} from A_k and B_k.
fn together_mirrored(ab: vec4f) -> vec2f { return together(vec4f(conjugate(ab.xy), conjugate(ab.zw))); }
