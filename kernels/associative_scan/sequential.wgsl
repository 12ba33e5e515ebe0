// h_t = a_t h_{t−1} + b_t token by token: L − 1 combines, one behind the other. a, b, h (batch, length, channels). An invocation a
// channel of a text, its h in a register.
#import "./inputs.wgsl"
@group(0) @binding(3) var<storage, read_write> h: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  for (var i = id.x; i < p.batch * p.channels; i += 64u * groups.x) {
    let text = i / p.channels;
    let channel = i % p.channels;
    var now = 0.0;
    for (var t = 0u; t < p.length; t++) {
      let next = pair(text, t, channel);
      now = next.x * now + next.y;
      h[place(text, t, channel)] = now;
    }
  }
}
