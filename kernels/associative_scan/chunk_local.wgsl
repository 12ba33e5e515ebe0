// By chunks, pass 1: the scan of each chunk of p.size tokens for itself. a, b (batch, length, channels) to pairs (the same) of (a, b), in
// the order of the scan. An invocation a chunk and channel, its pair in registers.
#import "./inputs.wgsl"
@group(0) @binding(3) var<storage, read_write> pairs: array<vec2f>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let chunks = (p.length + p.size - 1u) / p.size;
  for (var i = id.x; i < p.batch * chunks * p.channels; i += 64u * groups.x) {
    let channel = i % p.channels;
    let first = i / p.channels % chunks * p.size;
    let text = i / p.channels / chunks;
    var all = pair(text, first, channel);
    for (var t = first; t < min(first + p.size, p.length); t++) {
      if (t > first) { all = combine(all, pair(text, t, channel)); }
      pairs[(text * p.length + t) * p.channels + channel] = all;
    }
  }
}
