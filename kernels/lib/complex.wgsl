// Complex numbers as (real, imaginary).

fn times(a: vec2f, b: vec2f) -> vec2f {
  return vec2f(a.x * b.x - a.y * b.y, a.x * b.y + a.y * b.x);
}

fn conjugate(a: vec2f) -> vec2f { return vec2f(a.x, -a.y); }

fn divide(a: vec2f, b: vec2f) -> vec2f { return times(a, conjugate(b)) / dot(b, b); }

/// −i · a
fn quarter_back(a: vec2f) -> vec2f { return vec2f(a.y, -a.x); }
