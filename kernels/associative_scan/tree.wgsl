// A node of Blelloch's tree whose halves are p.size long: the left one ends at .x, the right one, which the end of the text may cut
// short, at .y. Only nodes with a right half count; there are `nodes` of them in a text.
fn nodes() -> u32 { return (p.length - p.size + 2u * p.size - 1u) / (2u * p.size); }
fn ends(text: u32, node: u32, channel: u32) -> vec2u {
  let left = 2u * p.size * node + p.size - 1u;
  let right = min(left + p.size, p.length - 1u);
  return (vec2u(text * p.length) + vec2u(left, right)) * p.channels + channel;
}
