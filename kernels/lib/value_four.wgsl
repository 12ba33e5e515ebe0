// A value is four numbers: rows whose widths and offsets are multiples of four.
alias Value = vec4f;

/// The sum of a value's numbers.
fn add_up(v: Value) -> f32 { return (v.x + v.y) + (v.z + v.w); }

/// The largest of a value's numbers.
fn largest(v: Value) -> f32 { return max(max(v.x, v.y), max(v.z, v.w)); }

/// Number `i` of a row, in the value that has it.
fn number_of(v: Value, i: u32) -> f32 { return v[i % 4u]; }

/// 1 where value `k` of a row has number `i`, else 0.
fn is_number(k: u32, i: u32) -> Value {
  return select(vec4f(), vec4f(1.0), 4u * k + vec4u(0u, 1u, 2u, 3u) == vec4u(i));
}

/// `v` with its number `i` replaced.
fn with_number(v: Value, i: u32, number: f32) -> Value {
  var changed = v;
  changed[i % 4u] = number;
  return changed;
}
