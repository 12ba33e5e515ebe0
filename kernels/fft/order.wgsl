// Between a frequency and its place after the passes: digits in reverse. `digits` holds log₂ of each pass's points, four bits a pass, the
// first pass lowest; 0 ends it.

fn place_of(frequency: u32, points: u32, digits: u32) -> u32 {
  var unit = points;
  var rest = frequency;
  var result = 0u;
  for (var left = digits; left != 0u; left >>= 4u) {
    let bits = left & 15u;
    unit >>= bits;
    result += (rest & ((1u << bits) - 1u)) * unit;
    rest >>= bits;
  }
  return result;
}

fn frequency_at(place: u32, points: u32, digits: u32) -> u32 {
  var unit = points;
  var rest = place;
  var weight = 1u;
  var result = 0u;
  for (var left = digits; left != 0u; left >>= 4u) {
    let bits = left & 15u;
    unit >>= bits;
    result += rest / unit * weight;
    rest %= unit;
    weight <<= bits;
  }
  return result;
}
