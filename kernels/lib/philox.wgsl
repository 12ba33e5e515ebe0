// A counter-based random generator, Philox2×32-10: ten rounds of multiply, swap and mix turn (counter, key) into two random
// words. Number n of a key needs no number before it. Source: Salmon, Moraes, Dror and Shaw (2011).

/// The upper 32 bits of a product of two u32.
fn multiply_high(a: u32, b: u32) -> u32 {
  let a_low = a & 0xffffu;
  let a_high = a >> 16u;
  let b_low = b & 0xffffu;
  let b_high = b >> 16u;
  let middle = a_high * b_low + ((a_low * b_low) >> 16u);
  let cross = a_low * b_high + (middle & 0xffffu);
  return a_high * b_high + (middle >> 16u) + (cross >> 16u);
}

fn philox(counter: vec2u, seed: u32) -> vec2u {
  var words = counter;
  var key = seed;
  for (var round = 0u; round < 10u; round++) {
    words = vec2u(multiply_high(0xd256d193u, words.x) ^ key ^ words.y, 0xd256d193u * words.x);
    key += 0x9e3779b9u;
  }
  return words;
}
