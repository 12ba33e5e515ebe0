// The last pass of `fft`, or the only one: from z to y (rows, n) in the natural order of frequencies.
#import "order.wgsl"

@group(0) @binding(2) var<storage, read> z: array<vec2f>;
@group(0) @binding(3) var<storage, read_write> y: array<vec2f>;

fn load(task: u32, e: u32) -> vec2f { return z[place(task, e)]; }

fn store(task: u32, e: u32, v: vec2f) {
  let at = place(task, e);
  let inside = at % p.points;
  y[at - inside + frequency_at(inside, p.points, p.digits)] = v;
}
