// Rotary positions: in each head the first `turned` dimensions turn in pairs (i, i + turned/2) by the angles of the token's row of
// the table, cosines in its first half, sines in its second; the others pass. x (rows, stride), y (rows, heads · head_dim), table
// (positions, turned), position (1): tokens before the first. Where BACK, from gradients of y to those of x: the other way round,
// written to columns. Invocations take turns along the numbers.
struct Params {
  length: u32, time: u32, width: u32, stride: u32, first: u32, head_dim: u32, turned: u32, has_position: u32,
  positions: u32
}

@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read> table: array<f32>;
@group(0) @binding(3) var<storage, read> position: array<u32>;
@group(0) @binding(4) var<storage, read_write> y: array<f32>;

@compute @workgroup_size(256)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let half = p.turned / 2u;
  for (var i = id.x; i < p.length; i += 256u * groups.x) {
    let row = i / p.width;
    let column = i % p.width;
    let d = column % p.head_dim;
    let wide = row * p.stride + p.first + column;
    // The wide tensor is read on the way there and written on the way back.
    let here = select(wide, i, BACK);
    let there = select(i, wide, BACK);
    var value = x[here];
    if (d < p.turned) {
      var token = row % p.time;
      if (p.has_position == 1u) { token += position[0]; }
      let angles = min(token, p.positions - 1u) * p.turned;
      let low = d < half;
      let pair = select(d - half, d, low);
      let other = x[select(here - half, here + half, low)];
      var sine = table[angles + half + pair];
      if (low != BACK) { sine = -sine; }
      value = value * table[angles + pair] + other * sine;
    }
    y[there] = value;
  }
}
