// The inputs of one token, one channel and one quad of states; zeros past the end.
fn at(b: u32, t: u32, d: u32, quad: u32) -> Token {
  if (t >= p.length) { return Token(); }
  let row = b * p.length + t;
  return Token(
    delta[row * p.channels + d],
    x[row * p.x_width + p.x_from + d],
    BC4(row * p.bc_width + p.b_from, 4u * quad),
    BC4(row * p.bc_width + p.c_from, 4u * quad),
    dy[row * p.channels + d]);
}

fn BC4(row: u32, n: u32) -> vec4f {
  let i = row + n;
  return existing(n, vec4f(BC[i], BC[i + 1u], BC[i + 2u], BC[i + 3u]));
}

fn A4(d: u32, n: u32) -> vec4f {
  let i = d * STATES + n;
  return existing(n, -exp(vec4f(A_log[i], A_log[i + 1u], A_log[i + 2u], A_log[i + 3u])));
}
