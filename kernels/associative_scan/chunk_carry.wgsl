// By chunks, pass 2: the ends of the chunks of p.size tokens take in one another, in order. pairs (batch, length, channels) of (a, b), in
// place. An invocation a channel of a text.
#import "./params.wgsl"
@group(0) @binding(1) var<storage, read_write> pairs: array<vec2f>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  for (var i = id.x; i < p.batch * p.channels; i += 64u * groups.x) {
    let start = i / p.channels * p.length * p.channels + i % p.channels;
    var end = min(p.size, p.length) - 1u;
    var all = pairs[start + end * p.channels];
    while (end + 1u < p.length) {
      end = min(end + p.size, p.length - 1u);
      all = combine(all, pairs[start + end * p.channels]);
      pairs[start + end * p.channels] = all;
    }
  }
}
