// The largest number of rows, and its place in the row: the first of equals.
// x (rows, width); y, place (rows, blocks). Where CARRIED, x are the largest numbers of blocks and `carried` says where they stood.
struct Params { rows: u32, width: u32, blocks: u32 }

@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read> carried: array<u32>;
@group(0) @binding(3) var<storage, read_write> y: array<f32>;
@group(0) @binding(4) var<storage, read_write> place: array<u32>;

struct Part { value: f32, place: u32 }

/// A lane that has no number of its own begins with the last: to join it twice changes nothing.
fn start(row: u32, k: u32) -> Part { return term(row, min(k, p.width - 1u)); }

fn term(row: u32, k: u32) -> Part {
  let at = row * p.width + k;
  if (CARRIED) { return Part(x[at], carried[at]); }
  return Part(x[at], k);
}

fn join(a: Part, b: Part) -> Part {
  if (b.value > a.value || (b.value == a.value && b.place < a.place)) { return b; }
  return a;
}

fn put(at: u32, part: Part) {
  y[at] = part.value;
  place[at] = part.place;
}
