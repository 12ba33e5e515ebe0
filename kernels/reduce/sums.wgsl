// Sums of rows, of their squares where SQUARES, the root of the sum where ROOT, times `scale`.
// x (rows, width); y (at least first + rows · blocks) from `first` on: one sum for each block of each row.
struct Params { rows: u32, width: u32, blocks: u32, first: u32, scale: f32 }

@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read_write> y: array<f32>;

alias Part = f32;

fn start(row: u32, k: u32) -> Part { return 0.0; }

fn term(row: u32, k: u32) -> Part {
  let value = x[row * p.width + k];
  return select(value, value * value, SQUARES);
}

fn join(a: Part, b: Part) -> Part { return a + b; }

fn put(at: u32, part: Part) { y[p.first + at] = p.scale * select(part, sqrt(part), ROOT); }
