// A value is one number: rows of any width.
alias Value = f32;

/// The sum of a value's numbers.
fn add_up(v: Value) -> f32 { return v; }

/// The largest of a value's numbers.
fn largest(v: Value) -> f32 { return v; }

/// Number `i` of a row, in the value that has it.
fn number_of(v: Value, i: u32) -> f32 { return v; }

/// 1 where value `k` of a row has number `i`, else 0.
fn is_number(k: u32, i: u32) -> Value { return f32(k == i); }

/// `v` with its number `i` replaced.
fn with_number(v: Value, i: u32, number: f32) -> Value { return number; }
