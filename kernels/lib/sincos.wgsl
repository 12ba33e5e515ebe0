// Sine and cosine to a unit in the last place, where WGSL's own promise 2⁻¹¹ and nothing outside ±π. Angles are integers: a u32 is a
// part of a turn, 2³² of them to a turn. Such an angle wraps as angles do, so that a multiple of it is exact, and taking it back into
// an eighth of a turn is exact too. No step relies on the order of float additions, which a compiler may change.

const RADIANS_OF_UNIT = 1.4629180792671596e-9; // 2π / 2³²

/// (cos, sin) of an angle in units of 2⁻³² turns.
fn cos_sin_turns(angle: u32) -> vec2f {
  let quarter = (angle + 0x20000000u) >> 30u;
  let x = f32(bitcast<i32>(angle - (quarter << 30u))) * RADIANS_OF_UNIT;
  return turn_quarters(cos_sin_near(x), quarter);
}

/// (cos, sin) of an angle in radians, to 1.2e-7 up to 2³⁰ radians: turned into parts of a turn in integers.
fn cos_sin(radians: f32) -> vec2f {
  if (abs(radians) < 0.78539816) { return cos_sin_near(radians); }
  let bits = bitcast<u32>(radians);
  let mantissa = ((bits & 0x7fffffu) | 0x800000u) << 8u;
  let shift = min((bits >> 23u) & 255u, 157u) - 126u;
  // |radians| = mantissa · 2^(shift − 32), and 1/2π = 0x28be60db.9391054a · 2⁻³²: the product modulo a turn, in units of 2⁻³² turns.
  let low = wide_product(mantissa, 0x9391054au);
  let high = wide_product(mantissa, 0x28be60dbu);
  let middle = high.x + low.y;
  let top = high.y + select(0u, 1u, middle < high.x);
  var angle = top;
  if (shift > 0u) { angle = (top << shift) | (middle >> (32u - shift)); }
  if (radians < 0.0) { angle = 0u - angle; }
  return cos_sin_turns(angle);
}

/// (cos, sin) for |x| ≤ π/4: the polynomials of Cephes' `sinf` and `cosf` (Moshier), good to 1e-7.
fn cos_sin_near(x: f32) -> vec2f {
  let q = x * x;
  let sine = x + x * q * (-1.6666654611e-1 + q * (8.3321608736e-3 + q * -1.9515295891e-4));
  let cosine = 1.0 - 0.5 * q + q * q * (4.166664568298827e-2 + q * (-1.388731625493765e-3 + q * 2.443315711809948e-5));
  return vec2f(cosine, sine);
}

fn turn_quarters(v: vec2f, quarters: u32) -> vec2f {
  let half = select(v, -v, (quarters & 2u) != 0u);
  return select(half, vec2f(-half.y, half.x), (quarters & 1u) != 0u);
}

/// a · b in 64 bits: (lower, upper).
fn wide_product(a: u32, b: u32) -> vec2u {
  let a_low = a & 0xffffu;
  let a_high = a >> 16u;
  let b_low = b & 0xffffu;
  let b_high = b >> 16u;
  let middle = a_high * b_low + ((a_low * b_low) >> 16u);
  let cross = a_low * b_high + (middle & 0xffffu);
  return vec2u(a * b, a_high * b_high + (middle >> 16u) + (cross >> 16u));
}
