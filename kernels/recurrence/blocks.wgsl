// What the passes of the way back in blocks share. One channel's states are four quads, a thread has one of them: at most 16 states,
// those that do not exist are 0. Time is cut into chunks of CHUNK tokens that run side by side.
//
// work, in quads: for each (batch, chunk, D) twelve of carry, then for each (64 channels, batch, L) the eight quads that these
// channels add to the gradients of B and of C.
#import "params.wgsl"

const CHUNK = 64u;
const BLOCK = 16u;

struct Token { delta: f32, x: f32, B: vec4f, C: vec4f, dy: f32 }

/// A quad of Ā and gain, with their slopes by v = Δ A.
struct Rule { A_bar: vec4f, gain: vec4f, A_bar_slope: vec4f, gain_slope: vec4f }

fn rule(v: vec4f) -> Rule {
  let a = discretised(v.x);
  let b = discretised(v.y);
  let c = discretised(v.z);
  let d = discretised(v.w);
  return Rule(
    vec4f(a.x, b.x, c.x, d.x), vec4f(a.y, b.y, c.y, d.y),
    vec4f(a.z, b.z, c.z, d.z), vec4f(a.w, b.w, c.w, d.w));
}

/// Of four numbers from state n on those whose states exist, 0 for the others.
fn existing(n: u32, four: vec4f) -> vec4f {
  if (STATES % 4u == 0u && STATES == 16u) { return four; }
  return select(vec4f(0.0), four, vec4u(n, n + 1u, n + 2u, n + 3u) < vec4u(STATES));
}

/// Where the carry of a chunk and channel begins in work.
fn carry_at(b: u32, chunk: u32, d: u32) -> u32 { return ((b * p.chunks + chunk) * p.channels + d) * 12u; }
