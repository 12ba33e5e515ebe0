// The states inside chunk `at`, made again: inside (batch, chunk + 1, D, 2N), slot 0 what the chunk begins with, slot k + 1 what its
// token k leaves; the upper N stay free. y (batch, L, D) on the way. A thread a channel.
#import "./given.wgsl"
@group(0) @binding(5) var<storage, read> starts: array<f32>;
@group(0) @binding(6) var<storage, read_write> inside: array<f32>;
@group(0) @binding(7) var<storage, read_write> y: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let d = id.x;
  let b = id.z;
  if (d >= p.channels) { return; }
  var A: array<f32, STATES>;
  var Bs = constant_B(d);
  var Cs = constant_C(d);
  var h: array<f32, STATES>;
  let start = ((b * p.chunks + p.at) * p.channels + d) * STATES;
  var to = (b * (p.chunk + 1u) * p.channels + d) * 2u * STATES;
  for (var n = 0u; n < STATES; n++) {
    A[n] = -exp(A_log[A_at(d, n)]);
    h[n] = starts[start + n];
    inside[to + n] = h[n];
  }
  let steps = p.channels / p.sharing;
  for (var t = p.at * p.chunk; t < min((p.at + 1u) * p.chunk, p.length); t++) {
    to += p.channels * 2u * STATES;
    let token = b * p.length + t;
    let step = delta[token * steps + d / p.sharing];
    let u = step * x[token * p.x_width + p.x_from + d];
    let b_row = token * p.bc_width + group_from(d, p.b_from);
    let c_row = token * p.bc_width + group_from(d, p.c_from);
    var sum = 0.0;
    for (var n = 0u; n < STATES; n++) {
      let r = discretised(step * A[n]);
      h[n] = r.x * h[n] + u * r.y * B_of(b_row, n, Bs[n]);
      inside[to + n] = h[n];
      sum += C_of(c_row, n, Cs[n]) * h[n];
    }
    y[token * p.channels + d] = sum;
  }
}
