// x, the weight and the norm's weight as quads of four numbers: all widths, strides and offsets are multiples of four.
#import "rows.wgsl"

@group(0) @binding(1) var<storage, read> x: array<vec4f>;
@group(0) @binding(2) var<storage, read> weight: array<vec4f>;
@group(0) @binding(5) var<storage, read> norm_weight: array<vec4f>;

// Where, in quads, the input of a row begins. Rows past the last one read the last one.
fn row_start(row: u32) -> u32 {
  return (min(row, p.rows - 1u) * p.a_stride + p.a_offset) / 4u;
}

// Where, in quads, the weights of an output begin.
fn output_start(o: u32) -> u32 {
  return min(o, p.columns - 1u) * (p.inner / 4u);
}
