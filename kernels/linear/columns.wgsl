// x and the weight as columns of quads: one input of four rows, or of four outputs. Rows and outputs past the edge read the last
// one, inputs past the edge are zero.
#import "epilogue.wgsl"

@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read> weight: array<f32>;

fn load_x(row: u32, k: u32) -> vec4f {
  if (k >= p.width) { return vec4f(); }
  let last = p.rows - 1u;
  let at = p.offset + k;
  return vec4f(
    x[min(row, last) * p.stride + at],
    x[min(row + 1u, last) * p.stride + at],
    x[min(row + 2u, last) * p.stride + at],
    x[min(row + 3u, last) * p.stride + at]);
}

fn load_weight(o: u32, k: u32) -> vec4f {
  if (k >= p.width) { return vec4f(); }
  let last = p.out - 1u;
  return vec4f(
    weight[min(o, last) * p.width + k],
    weight[min(o + 1u, last) * p.width + k],
    weight[min(o + 2u, last) * p.width + k],
    weight[min(o + 3u, last) * p.width + k]);
}
