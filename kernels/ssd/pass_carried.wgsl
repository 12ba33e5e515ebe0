// Step 3 with a state that is carried: read before the first chunk, written after the last.
#import "pass.wgsl"
@group(0) @binding(3) var<storage, read_write> state: array<f32>;
fn before(i: u32) -> f32 { return state[i]; }
fn after(i: u32, h: f32) { state[i] = h; }
