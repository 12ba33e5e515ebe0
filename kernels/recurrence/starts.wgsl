// The state before each chunk of time: starts (batch, chunks, D, N), a thread a channel from the first token to the last chunk.
#import "./given.wgsl"
@group(0) @binding(5) var<storage, read_write> starts: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let d = id.x;
  let b = id.z;
  if (d >= p.channels) { return; }
  var A: array<f32, STATES>;
  var Bs = constant_B(d);
  var h: array<f32, STATES>;
  for (var n = 0u; n < STATES; n++) { A[n] = -exp(A_log[A_at(d, n)]); }
  let steps = p.channels / p.sharing;
  for (var c = 0u; c < p.chunks; c++) {
    let to = ((b * p.chunks + c) * p.channels + d) * STATES;
    for (var n = 0u; n < STATES; n++) { starts[to + n] = h[n]; }
    if (c + 1u == p.chunks) { break; }
    for (var t = c * p.chunk; t < (c + 1u) * p.chunk; t++) {
      let token = b * p.length + t;
      let step = delta[token * steps + d / p.sharing];
      let u = step * x[token * p.x_width + p.x_from + d];
      let row = token * p.bc_width + group_from(d, p.b_from);
      for (var n = 0u; n < STATES; n++) {
        let r = discretised(step * A[n]);
        h[n] = r.x * h[n] + u * r.y * B_of(row, n, Bs[n]);
      }
    }
  }
}
