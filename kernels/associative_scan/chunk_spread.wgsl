// By chunks, pass 3: every token takes in what was before its chunk of p.size tokens; the ends have done so. pairs and h (batch, length,
// channels). An invocation a token and channel.
#import "./params.wgsl"
@group(0) @binding(1) var<storage, read> pairs: array<vec2f>;
@group(0) @binding(2) var<storage, read_write> h: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  for (var i = id.x; i < p.batch * p.length * p.channels; i += 64u * groups.x) {
    let channel = i % p.channels;
    let row = i / p.channels;
    let text = row / p.length;
    let t = row % p.length;
    let first = t / p.size * p.size;
    var all = pairs[i];
    if (first > 0u && t + 1u < min(first + p.size, p.length)) {
      all = combine(pairs[(text * p.length + first - 1u) * p.channels + channel], all);
    }
    h[place(text, t, channel)] = all.y;
  }
}
