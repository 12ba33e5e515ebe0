// What the steps of the sort share: the row that a place of the text names, and its digit in this pass. A stable sort by digits of six
// bits, the lowest first, brings the places of each row together, in their order. Where FIRST, places stand as in the text.
struct Params { count: u32, vocabulary: u32, shift: u32, blocks: u32 }

@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> ids: array<u32>;
@group(0) @binding(2) var<storage, read> order: array<u32>;

fn place_at(j: u32) -> u32 {
  if (FIRST) { return j; }
  return order[j];
}

fn digit_at(j: u32) -> u32 {
  return (min(ids[place_at(j)], p.vocabulary - 1u) >> p.shift) & 63u;
}
