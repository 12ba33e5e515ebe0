// What all kernels of attention know. Tensors of queries are (batch, time, any) with heads side by side in columns from `q_first`
// on, likewise k and v, whose rows are `keys` a text: the text itself, or a cache. HEAD_DIM is a constant of the pipeline.
struct Params {
  batch: u32, time: u32, keys: u32, heads: u32, kv_heads: u32,
  q_stride: u32, q_first: u32, k_stride: u32, k_first: u32, v_stride: u32, v_first: u32,
  has_position: u32, scale: f32
}

@group(0) @binding(0) var<uniform> p: Params;

// Scores below this are as good as nothing; also the exponent's floor.
const LOWEST = -85.0;
