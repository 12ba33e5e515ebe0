// The way back in lanes, pass 2: states go from chunk to chunk forwards, gradients backwards. Each chunk's end state is replaced by
// the state that comes in, and what it hands on by the gradient that comes in.
//
// A thread has one quad of one channel and one of the two directions; it fetches eight chunks at a time.
#import "back.wgsl"

@group(0) @binding(1) var<storage, read_write> work: array<vec4f>;

const AT_A_TIME = 8u;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let d = id.x / 4u;
  if (d >= p.channels) { return; }
  let forwards = id.y == 0u;
  let own = select(8u, 0u, forwards) + id.x % 4u;
  var carried = vec4f(0.0);
  for (var done = 0u; done < p.chunks; done += AT_A_TIME) {
    var made = array<vec4f, AT_A_TIME>();
    var decays = array<vec4f, AT_A_TIME>();
    for (var i = 0u; i < AT_A_TIME; i++) {
      let row = carry_at(id.z, chunk(done + i, forwards), d) / 4u;
      made[i] = work[row + own];
      decays[i] = work[row + 4u + id.x % 4u];
    }
    for (var i = 0u; i < AT_A_TIME; i++) {
      if (done + i < p.chunks) { work[carry_at(id.z, chunk(done + i, forwards), d) / 4u + own] = carried; }
      carried = made[i] + decays[i] * carried;
    }
  }
}

/// Which chunk is worked on after `done` others.
fn chunk(done: u32, forwards: bool) -> u32 {
  let i = min(done, p.chunks - 1u);
  return select(p.chunks - 1u - i, i, forwards);
}
