// New keys and values go behind those that a cache has: k (batch, time, k_stride) and v to k_cache and v_cache (batch, capacity,
// width), from row position[0] on. Invocations take turns along the numbers.
struct Params {
  length: u32, time: u32, capacity: u32, width: u32, k_stride: u32, k_first: u32, v_stride: u32, v_first: u32
}

@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> k: array<f32>;
@group(0) @binding(2) var<storage, read> v: array<f32>;
@group(0) @binding(3) var<storage, read> position: array<u32>;
@group(0) @binding(4) var<storage, read_write> k_cache: array<f32>;
@group(0) @binding(5) var<storage, read_write> v_cache: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  for (var i = id.x; i < p.length; i += 64u * groups.x) {
    let row = i / p.width;
    let column = i % p.width;
    let slot = position[0] + row % p.time;
    if (slot >= p.capacity) { continue; }
    let to = (row / p.time * p.capacity + slot) * p.width + column;
    k_cache[to] = k[row * p.k_stride + p.k_first + column];
    v_cache[to] = v[row * p.v_stride + p.v_first + column];
  }
}
