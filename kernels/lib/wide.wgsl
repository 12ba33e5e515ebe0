// Numbers of 64 bits, for what f32 is too coarse for: an angle that is multiplied by 65,536 may not be wrong by 10⁻⁷. A vec2u holds
// (lower, upper) 32 bits. A fraction of [0, 1) counts 2⁻⁶⁴; an angle is a fraction of a turn, and wraps as angles do.
// Integers alone: no compiler reorders them. Meant for few numbers, once a run.
#import "sincos.wgsl"

fn wide_add(a: vec2u, b: vec2u) -> vec2u {
  let low = a.x + b.x;
  return vec2u(low, a.y + b.y + select(0u, 1u, low < a.x));
}

fn wide_negate(a: vec2u) -> vec2u { return wide_add(~a, vec2u(1u, 0u)); }

fn wide_left(a: vec2u, by: u32) -> vec2u {
  if (by == 0u) { return a; }
  if (by >= 64u) { return vec2u(0u); }
  if (by >= 32u) { return vec2u(0u, a.x << (by - 32u)); }
  return vec2u(a.x << by, (a.y << by) | (a.x >> (32u - by)));
}

fn wide_right(a: vec2u, by: u32) -> vec2u {
  if (by == 0u) { return a; }
  if (by >= 64u) { return vec2u(0u); }
  if (by >= 32u) { return vec2u(a.y >> (by - 32u), 0u); }
  return vec2u((a.x >> by) | (a.y << (32u - by)), a.y >> by);
}

/// To the right for a negative number, in two's complement, too; `by` below 32.
fn wide_right_signed(a: vec2u, by: u32) -> vec2u {
  if (by == 0u) { return a; }
  return vec2u((a.x >> by) | (a.y << (32u - by)), bitcast<u32>(bitcast<i32>(a.y) >> by));
}

fn wide_shift(a: vec2u, left: i32) -> vec2u {
  if (left >= 0) { return wide_left(a, u32(left)); }
  return wide_right(a, u32(-left));
}

/// The product of two fractions, at most 3 · 2⁻⁶⁴ too small.
fn wide_times(a: vec2u, b: vec2u) -> vec2u {
  let upper = wide_product(a.y, b.y);
  let one = wide_product(a.y, b.x).y;
  let other = wide_product(a.x, b.y).y;
  return wide_add(wide_add(upper, vec2u(one, 0u)), vec2u(other, 0u));
}

/// The lower 64 bits of a product: a multiple of an angle.
fn wide_multiple(a: vec2u, count: u32) -> vec2u {
  let low = wide_product(a.x, count);
  return vec2u(low.x, low.y + a.y * count);
}

/// fraction · 2^exponent, the fraction in [½, 1) or 0.
struct Wide { fraction: vec2u, exponent: i32 }

fn wide_of(x: f32) -> Wide {
  let bits = bitcast<u32>(x);
  let exponent = (bits >> 23u) & 255u;
  if (exponent == 0u) { return Wide(vec2u(0u), 0); }
  return Wide(vec2u(0u, ((bits & 0x7fffffu) | 0x800000u) << 8u), i32(exponent) - 126);
}

/// Fractions fall to [¼, 1): enough for a few products.
fn wide_multiply(a: Wide, b: Wide) -> Wide {
  return Wide(wide_times(a.fraction, b.fraction), a.exponent + b.exponent);
}

fn wide_f32(a: Wide) -> f32 {
  return ldexp(f32(a.fraction.y) * 2.3283064365386963e-10 + f32(a.fraction.x) * 5.421010862427522e-20, a.exponent);
}

const HALF_LOG2E = vec2u(0x5c17f0bbu, 0xb8aa3b29u);
/// (ln 2)ⁿ / n! for n = 1…18: the series of 2^f − 1.
const EXP2_TERMS = array<vec2u, 18>(
  vec2u(0xd1cf79abu, 0xb17217f7u),
  vec2u(0x058b1d50u, 0x3d7f7bffu),
  vec2u(0x82505fc5u, 0x0e35846bu),
  vec2u(0xf749cee5u, 0x0276556du),
  vec2u(0x9e299cc4u, 0x005761ffu),
  vec2u(0x97c363c3u, 0x000a1848u),
  vec2u(0xfe2c4586u, 0x0000ffe5u),
  vec2u(0x0223a5c8u, 0x0000162cu),
  vec2u(0x253d395eu, 0x000001b5u),
  vec2u(0x4cf5158bu, 0x0000001eu),
  vec2u(0xe8cac735u, 0x00000001u),
  vec2u(0x1c3bd650u, 0x00000000u),
  vec2u(0x01816193u, 0x00000000u),
  vec2u(0x00131496u, 0x00000000u),
  vec2u(0x0000e1b7u, 0x00000000u),
  vec2u(0x000009c7u, 0x00000000u),
  vec2u(0x00000066u, 0x00000000u),
  vec2u(0x00000003u, 0x00000000u),
);

/// e^x for |x| ≤ 80, to 2⁻⁵⁶ of it.
fn wide_exp(x: f32) -> Wide {
  let m = wide_of(clamp(x, -80.0, 80.0));
  // |x| log₂ e = v · 2^(exponent + 1)
  let v = wide_times(m.fraction, HALF_LOG2E);
  let left = m.exponent + 1;
  var whole = 0;
  if (left > 0) { whole = i32(v.y >> u32(32 - left)); }
  var f = wide_shift(v, left);
  if (x < 0.0) {
    whole = -whole;
    if (any(f != vec2u(0u))) {
      f = wide_negate(f);
      whole -= 1;
    }
  }
  var sum = EXP2_TERMS[17];
  for (var n = 17u; n > 0u; n--) { sum = wide_add(EXP2_TERMS[n - 1u], wide_times(f, sum)); }
  sum = wide_times(f, sum);
  // (1 + sum) / 2
  return Wide(vec2u((sum.x >> 1u) | (sum.y << 31u), (sum.y >> 1u) | 0x80000000u), whole + 1);
}

const TWO_OVER_PI = vec2u(0x4e441529u, 0xa2f9836eu);

/// An angle of x radians, x ≥ 0, as a fraction of a turn.
fn wide_turns(x: Wide) -> vec2u {
  return wide_shift(wide_times(x.fraction, TWO_OVER_PI), x.exponent - 2);
}

/// atan(2⁻ⁱ) as fractions of a turn.
const ATAN_TURNS = array<vec2u, 24>(
  vec2u(0x00000000u, 0x20000000u),
  vec2u(0x9df30866u, 0x12e4051du),
  vec2u(0x5ee39e8du, 0x09fb385bu),
  vec2u(0x1ddd9a1bu, 0x051111d4u),
  vec2u(0x0e589aecu, 0x028b0d43u),
  vec2u(0x59046278u, 0x0145d7e1u),
  vec2u(0x5c282629u, 0x00a2f61eu),
  vec2u(0x11d442aeu, 0x00517c55u),
  vec2u(0x46d0c336u, 0x0028be53u),
  vec2u(0xbb30ab37u, 0x00145f2eu),
  vec2u(0x0091ba7bu, 0x000a2f98u),
  vec2u(0x14a80cb7u, 0x000517ccu),
  vec2u(0x0cdfec61u, 0x00028be6u),
  vec2u(0x06c172f2u, 0x000145f3u),
  vec2u(0x836ae911u, 0x0000a2f9u),
  vec2u(0xc1b6ba7bu, 0x0000517cu),
  vec2u(0x60db85fcu, 0x000028beu),
  vec2u(0x306dc815u, 0x0000145fu),
  vec2u(0x9836e4adu, 0x00000a2fu),
  vec2u(0xcc1b726bu, 0x00000517u),
  vec2u(0xe60db938u, 0x0000028bu),
  vec2u(0xf306dc9cu, 0x00000145u),
  vec2u(0xf9836e4eu, 0x000000a2u),
  vec2u(0x7cc1b727u, 0x00000051u),
);

/// The angle of (x, y) as a fraction of a turn, y ≥ 0, both in two's complement and below 2⁶¹: turned towards the x axis by ever smaller
/// angles whose tangents are powers of two (CORDIC, Volder 1959); the last, tiny one is y / x.
fn wide_angle(x: vec2u, y: vec2u) -> vec2u {
  let behind = (x.y >> 31u) != 0u;
  if (all(y == vec2u(0u))) { return vec2u(0u, select(0u, 0x80000000u, behind)); }
  var u = x;
  if (behind) { u = wide_negate(x); }
  var v = y;
  var angle = vec2u(0u);
  for (var i = 0u; i < 24u; i++) {
    let du = wide_right_signed(v, i);
    let dv = wide_right_signed(u, i);
    if ((v.y >> 31u) == 0u) {
      u = wide_add(u, du);
      v = wide_add(v, wide_negate(dv));
      angle = wide_add(angle, ATAN_TURNS[i]);
    } else {
      u = wide_add(u, wide_negate(du));
      v = wide_add(v, dv);
      angle = wide_add(angle, wide_negate(ATAN_TURNS[i]));
    }
  }
  let negative = (v.y >> 31u) != 0u;
  var rest = v;
  if (negative) { rest = wide_negate(v); }
  let last = f32(rest.y) * 4294967296.0 + f32(rest.x);
  let whole = f32(u.y) * 4294967296.0 + f32(u.x);
  // Below 2⁻²⁵ turns, counted in 2⁻⁵³.
  var tiny = wide_left(vec2u(u32(last / whole * 0.15915494 * 9007199254740992.0), 0u), 11u);
  if (negative) { tiny = wide_negate(tiny); }
  angle = wide_add(angle, tiny);
  if (behind) { angle = wide_add(vec2u(0u, 0x80000000u), wide_negate(angle)); }
  return angle;
}
