// Sums over blocks of rows of x (any, width), from row `first` on, for `columnSums`: partial (blocks, width).
struct Params { rows: u32, width: u32, block: u32, first: u32 }

@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read_write> partial: array<f32>;

fn term(row: u32, k: u32) -> vec2f { return vec2f(x[(p.first + row) * p.width + k], 0.0); }
