// The selective scan, version 1 (`materialised`), pass 2: h_t = Ā h_{t−1} + B̄x for each state, every h written to memory.
//
// pairs (batch, L, D, N, 2) from pass 1; states (batch, L, D, N); state (batch, D, N), read before and rewritten after.
// One thread a channel and state; it walks over time.
struct Params { length: u32, cells: u32 }

@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> pairs: array<f32>;
@group(0) @binding(2) var<storage, read_write> states: array<f32>;
@group(0) @binding(3) var<storage, read_write> state: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= p.cells) { return; }
  let at = id.z * p.cells + id.x;
  var h = state[at];
  for (var t = 0u; t < p.length; t++) {
    let i = (id.z * p.length + t) * p.cells + id.x;
    h = pairs[2u * i] * h + pairs[2u * i + 1u];
    states[i] = h;
  }
  state[at] = h;
}
