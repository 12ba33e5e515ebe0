// Backward of the gated recurrent unit over whole texts, from the last token to the first. With s = W h_{t−1} + b, g the gradient of
// h_t and dh = g + what comes back from the next token:
//
//   da_n = dh (1 − z) (1 − n²),  da_r = da_n s_n r (1 − r),  da_z = dh (h_{t−1} − n) z (1 − z)
//   dx = (da_r, da_z, da_n),  ds = (da_r, da_z, da_n r),  dh_{t−1} = dh z + Wᵀ ds
//
// x, dx (batch, L, 3H); weight (3H, H); bias (3H); h, g (batch, L, H), H ≤ LANES; partial_bias (batch, 3H): `sumRows` adds the texts
// up. sums (batch, L, 3H) has W h_t + b in row t, the s of token t + 1. The same thread leaves the ds of token t + 1 there, zeros in
// the last row, so that the gradient of W is the plain product of this tensor and h.
//
// One workgroup takes one text, one thread one unit. ds of a token goes through workgroup memory, twice, so that one barrier a token
// is enough; what comes back to h, and the sums for the bias, stay in registers.
#import "gates.wgsl"

struct Params {
  length: u32,
  units: u32,
}

@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read> weight: array<f32>;
@group(0) @binding(3) var<storage, read> bias: array<f32>;
@group(0) @binding(4) var<storage, read> h: array<f32>;
@group(0) @binding(5) var<storage, read> g: array<f32>;
@group(0) @binding(6) var<storage, read_write> sums: array<f32>;
@group(0) @binding(7) var<storage, read_write> dx: array<f32>;
@group(0) @binding(8) var<storage, read_write> partial_bias: array<f32>;

var<workgroup> shared_ds: array<f32, 6u * LANES>;

@compute @workgroup_size(LANES)
fn main(@builtin(local_invocation_index) i: u32, @builtin(workgroup_id) group: vec3u) {
  let b = group.x;
  let units = p.units;
  let mine = i < units;
  let all = 3u * units;
  let end = (b + 1u) * p.length * all;
  var total = vec3f();
  var back = 0.0;
  var start = vec3f();
  if (mine) {
    start = vec3f(bias[i], bias[units + i], bias[2u * units + i]);
    for (var gate = 0u; gate < 3u; gate++) { sums[end - all + gate * units + i] = 0.0; }
  }
  for (var done = 0u; done < p.length; done++) {
    let t = p.length - 1u - done;
    let row = b * p.length + t;
    let at = row * all + i;
    let now = (t & 1u) * 3u * LANES;
    var kept = 0.0;
    if (mine) {
      var s = start;
      var before = 0.0;
      if (t > 0u) {
        s = vec3f(sums[at - all], sums[at - all + units], sums[at - all + 2u * units]);
        before = h[(row - 1u) * units + i];
      }
      let r = sigmoid(x[at] + s.x);
      let z = sigmoid(x[at + units] + s.y);
      let n = tanh_(x[at + 2u * units] + r * s.z);
      let dh = g[row * units + i] + back;
      let dn = dh * (1.0 - z) * (1.0 - n) * (1.0 + n);
      let ds = vec3f(dn * s.z * r * (1.0 - r), dh * (before - n) * z * (1.0 - z), dn * r);
      kept = dh * z;
      total += ds;
      dx[at] = ds.x;
      dx[at + units] = ds.y;
      dx[at + 2u * units] = dn;
      if (t > 0u) {
        sums[at - all] = ds.x;
        sums[at - all + units] = ds.y;
        sums[at - all + 2u * units] = ds.z;
      }
      shared_ds[now + i] = ds.x;
      shared_ds[now + units + i] = ds.y;
      shared_ds[now + 2u * units + i] = ds.z;
    }
    workgroupBarrier();
    if (mine && t > 0u) {
      var sum = kept;
      for (var j = 0u; j < all; j++) { sum += shared_ds[now + j] * weight[j * units + i]; }
      back = sum;
    }
  }
  if (mine) {
    partial_bias[b * all + i] = total.x;
    partial_bias[b * all + units + i] = total.y;
    partial_bias[b * all + 2u * units + i] = total.z;
  }
}
