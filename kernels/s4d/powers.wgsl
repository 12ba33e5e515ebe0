// A mode's numbers as modes.wgsl leaves them, and powers of Ā: |Ā|ˡ by one exponential, the angle by an exact multiple.
#import "../lib/wide.wgsl"

struct Mode { angle: vec2u, log_size: f32, A_bar: vec2f, B_bar: vec2f, A: vec2f, delta: f32 }

fn mode_at(i: u32) -> Mode {
  let at = 10u * i;
  return Mode(
    vec2u(modes[at], modes[at + 1u]),
    bitcast<f32>(modes[at + 2u]),
    bitcast<vec2f>(vec2u(modes[at + 3u], modes[at + 4u])),
    bitcast<vec2f>(vec2u(modes[at + 5u], modes[at + 6u])),
    bitcast<vec2f>(vec2u(modes[at + 7u], modes[at + 8u])),
    bitcast<f32>(modes[at + 9u])
  );
}

/// Āˡ
fn power(mode: Mode, l: u32) -> vec2f {
  let angle = wide_multiple(mode.angle, l);
  return exp(max(mode.log_size * f32(l), -100.0)) * cos_sin_turns(angle.y + (angle.x >> 31u));
}
