// A gated recurrent unit over whole texts, every token in one dispatch:
//
//   r = σ(x^r + W_r h + b_r),  z = σ(x^z + W_z h + b_z),  n = tanh(x^n + r (W_n h + b_n)),  h ← (1 − z) n + z h.
//
// x (batch, L, 3H); weight (3H, H), or (H, 3H) where TURNED; bias (3H); out (batch, L, H), H ≤ LANES. The h before the first
// token: `carried.wgsl` or `fresh.wgsl`, which import this.
//
// One workgroup takes one text, one thread one unit; tokens follow one another with a barrier between them. h stays in workgroup
// memory, twice, so that the next one is written while this one is read. The weights come through the cache at every token: turned,
// neighbouring threads read neighbouring numbers.
#import "gates.wgsl"

struct Params {
  length: u32,
  units: u32,
}

@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read> weight: array<f32>;
@group(0) @binding(3) var<storage, read> bias: array<f32>;
@group(0) @binding(4) var<storage, read_write> out: array<f32>;

var<workgroup> held: array<f32, 2u * LANES>;

@compute @workgroup_size(LANES)
fn main(@builtin(local_invocation_index) i: u32, @builtin(workgroup_id) group: vec3u) {
  let b = group.x;
  let units = p.units;
  let mine = i < units;
  // From one gate's weights of a unit to the next gate's, and from one k to the next.
  let gate = select(units * units, units, TURNED);
  let stride = select(1u, 3u * units, TURNED);
  let first = select(i * units, i, TURNED);
  var h = 0.0;
  var start = vec3f();
  if (mine) {
    h = earlier(b, i);
    start = vec3f(bias[i], bias[units + i], bias[2u * units + i]);
  }
  held[i] = h;
  workgroupBarrier();
  for (var t = 0u; t < p.length; t++) {
    let now = (t & 1u) * LANES;
    if (mine) {
      var r = start.x;
      var z = start.y;
      var n = start.z;
      var at = first;
      for (var k = 0u; k < units; k++) {
        let v = held[now + k];
        r += weight[at] * v;
        z += weight[at + gate] * v;
        n += weight[at + 2u * gate] * v;
        at += stride;
      }
      let row = b * p.length + t;
      let from_x = row * 3u * units + i;
      r = sigmoid(x[from_x] + r);
      z = sigmoid(x[from_x + units] + z);
      n = tanh_(x[from_x + 2u * units] + r * n);
      h = n + z * (h - n);
      out[row * units + i] = h;
      held[LANES - now + i] = h;
    }
    workgroupBarrier();
  }
  if (mine) { carry(b, i, h); }
}
