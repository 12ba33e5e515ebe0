// Step 3 from zeros, with nothing carried on.
#import "pass.wgsl"
fn before(i: u32) -> f32 { return 0.0; }
fn after(i: u32, h: f32) {}
