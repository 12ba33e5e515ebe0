// The recurrence from zeros, with nothing carried on.
#import "./recurrent.wgsl"

fn begin(i: u32) -> f32 { return 0.0; }
fn leave(i: u32, h: f32) {}
