// SSD's way back, gradients of Δ and A. The decay of token i, exp(Δ_i A), is part of every path from a token before it (or from the state
// before the chunk) to it or a token after it (or to the state after the chunk): the gradient of Δ_i A is the sum over these
// paths, of which `edges` and `crossing` hold rows and columns. Δ_i itself gets what comes to Δ_i x_i as well.
//
// delta (batch, L, H), A_log (H), edges (see back_pairs.wgsl), crossing (see back_carried.wgsl), ends (batch, H, chunks) → d_delta
// (batch, L, H), d_A_log (batch, chunks, H): parts of its gradient. A workgroup a chunk of a head, 64 tokens after the other.
#import "params.wgsl"
@group(0) @binding(1) var<storage, read> delta: array<f32>;
@group(0) @binding(2) var<storage, read> A_log: array<f32>;
@group(0) @binding(3) var<storage, read> edges: array<f32>;
@group(0) @binding(4) var<storage, read> crossing: array<f32>;
@group(0) @binding(5) var<storage, read> ends: array<f32>;
@group(0) @binding(6) var<storage, read_write> d_delta: array<f32>;
@group(0) @binding(7) var<storage, read_write> d_A_log: array<f32>;

/// Of each of 64 tokens: what ends there, what begins there, and a share of what passes over all of them.
var<workgroup> ending: array<f32, 64>;
var<workgroup> beginning: array<f32, 64>;
var<workgroup> passing: array<f32, 64>;

fn pair(across: u32, down: u32) -> u32 { return (across * (across + 1u) / 2u + down) * 128u; }

/// From the state before the chunk to token t of a text's head (side 0), or from it to the state after, before Δ (side 1).
fn crosses(head: u32, t: u32, side: u32) -> f32 {
  let wide = (p.states + 63u) / 64u;
  var sum = 0.0;
  for (var i = 0u; i < wide; i++) { sum += crossing[((head * p.length + t) * 2u + side) * wide + i]; }
  return sum;
}

@compute @workgroup_size(64)
fn main(@builtin(local_invocation_index) local: u32, @builtin(workgroup_id) group: vec3u) {
  let chunk = group.x;
  let head = group.z % p.heads;
  let first = chunk * p.chunk;
  let count = min(p.chunk, p.length - first);
  let tiles = (count + 63u) / 64u;
  let whole_tiles = p.pitch / 64u;
  let edges_at = (group.z * p.chunks + chunk) * (whole_tiles * (whole_tiles + 1u) / 2u) * 128u + local;
  let text_at = group.z / p.heads * p.length + first;
  let A = -exp(A_log[head]);
  let end = ends[group.z * p.chunks + chunk];
  var d_A = 0.0;
  for (var tile = 0u; tile < tiles; tile++) {
    let t = 64u * tile + local;
    var step = 0.0;
    var ends_here = 0.0;
    var write = 0.0;
    if (t < count) {
      step = delta[(text_at + t) * p.heads + head];
      ends_here = crosses(group.z, first + t, 0u);
      write = crosses(group.z, first + t, 1u);
    }
    var begins_here = write;
    for (var other = 0u; other < tile; other++) { ends_here += edges[edges_at + pair(tile, other)]; }
    for (var other = tile + 1u; other < tiles; other++) { begins_here += edges[edges_at + pair(other, tile) + 64u]; }
    write = begins_here + edges[edges_at + pair(tile, tile) + 64u];
    var passes = 0.0;
    for (var other = tile + 1u; other < tiles; other++) {
      if (64u * other + local < count) { passes += crosses(group.z, first + 64u * other + local, 0u); }
      for (var before = 0u; before < tile; before++) { passes += edges[edges_at + pair(other, before)]; }
    }
    for (var other = 0u; other < tile; other++) {
      let at = 64u * other + local;
      passes += delta[(text_at + at) * p.heads + head] * crosses(group.z, first + at, 1u);
    }
    workgroupBarrier();
    ending[local] = ends_here;
    beginning[local] = step * begins_here;
    passing[local] = passes;
    workgroupBarrier();
    var d_decay = end + edges[edges_at + pair(tile, tile)];
    for (var i = 0u; i < 64u; i++) { d_decay += passing[i] + select(beginning[i], ending[i], i >= local); }
    if (t < count) { d_delta[(text_at + t) * p.heads + head] = write + A * d_decay; }
    d_A += step * d_decay;
  }
  workgroupBarrier();
  passing[local] = d_A;
  workgroupBarrier();
  if (local > 0u) { return; }
  var total = 0.0;
  for (var i = 0u; i < 64u; i++) { total += passing[i]; }
  d_A_log[(group.z / p.heads * p.chunks + chunk) * p.heads + head] = A * total;
}
