// What every version of a product is told: y (rows, columns) = activation(α Σ_k a(row, k) b(column, k) + bias) + residual, for
// each member of a batch. An operand's `stride` is the way from one row (of a) or column (of b) to the next where it lies
// *along* the sum, its k being neighbours in memory; where it lies *across* (A_ACROSS, B_ACROSS), its rows or columns are
// neighbours and the stride is the way from one k to the next.
// Long sums over few numbers of y are split: the third dimension of the dispatch counts batch × splits, each part of a sum is
// written by itself, and `sum.wgsl` adds the parts.
#import "activations.wgsl"

struct Params {
  rows: u32,
  columns: u32,
  inner: u32,    // how many products a sum has
  a_offset: u32, // where in a the first number lies
  a_stride: u32,
  a_batch: u32,  // from one member of the batch to the next
  b_offset: u32,
  b_stride: u32,
  b_batch: u32,
  y_offset: u32, // of y and of the residual alike
  y_stride: u32,
  y_batch: u32,
  splits: u32,
  part: u32,     // how many products of a sum a split takes
  extras: u32,   // bits: bias, residual; above them the activation
  alpha: f32,
  epsilon: f32,  // of the RMS norm that some versions have in front
}

const BIAS = 1u;
const RESIDUAL = 2u;
const ACTIVATION = 2u; // where in `extras` its number begins

@group(0) @binding(0) var<uniform> p: Params;
