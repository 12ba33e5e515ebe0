// The way back in blocks, pass 3: every chunk at once, from its true incoming state and gradient.
//
// With g_t the gradient of h_t, g_t = C_t dy_t + Ā_{t+1} g_{t+1}:
//   dC_t = Σ_d h_t dy_t, dB_t = Σ_d g_t Δ_t gain_t x_t, dx_t = Σ_n g_t Δ_t gain_t B_t,
//   dΔ_t = Σ_n g_t (A Ā′ h_{t−1} + (gain + v gain′) B_t x_t), dA = Σ_t g_t (Δ Ā′ h_{t−1} + Δ² gain′ B_t x_t), v = Δ A.
//
// A workgroup has 64 channels of one chunk, a thread one quad of one channel's states. It walks the chunk once for the state
// before each block of 16 tokens; then, from the last block on, it makes the block's 16 states again and goes back through them. So
// states live in registers alone, and every exponential is taken three times instead of being stored. At each token
// the sums over states and those over the 64 channels go through workgroup memory; what 64 channels add to dB and dC goes to
// work, where a last pass adds the workgroups up. y (batch, L, D) is C · h, made (batch, L, 2 D) dx without the skip, then dΔ; dA
// takes the place of ∏ Ā in the carry.
#import "blocks.wgsl"

@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read> delta: array<f32>;
@group(0) @binding(3) var<storage, read> A_log: array<f32>;
@group(0) @binding(4) var<storage, read> BC: array<f32>;
@group(0) @binding(5) var<storage, read> dy: array<f32>;
@group(0) @binding(6) var<storage, read_write> work: array<vec4f>;
@group(0) @binding(7) var<storage, read_write> y: array<f32>;
@group(0) @binding(8) var<storage, read_write> made: array<f32>;
#import "blocks_inputs.wgsl"

/// What each thread adds to dB and dC at this token.
var<workgroup> shares: array<vec4f, 512>;
/// What each thread adds to y, dx and dΔ at this token.
var<workgroup> sums: array<f32, 768>;
/// Of four tokens, dB and dC of eight channels each.
var<workgroup> eighths: array<f32, 1024>;

@compute @workgroup_size(256)
fn main(@builtin(local_invocation_index) local: u32, @builtin(workgroup_id) group: vec3u) {
  let own = group.x * 64u + local / 4u;
  let exists = own < p.channels;
  let d = min(own, p.channels - 1u);
  let quad = local % 4u;
  let b = group.z;
  let A = A4(d, 4u * quad);
  let row = carry_at(b, group.y, d) + quad;
  let first = group.y * CHUNK;

  var starts: array<vec4f, 4>;
  var h = work[row];
  for (var block = 0u; block < 4u; block++) {
    starts[block] = h;
    if (block < 3u) {
      for (var i = 0u; i < BLOCK; i++) { h = next(h, A, at(b, first + block * BLOCK + i, d, quad)); }
    }
  }

  var g = work[row + 8u];
  var dA = vec4f(0.0);
  for (var blocks = 4u; blocks > 0u; blocks--) {
    let begin = first + (blocks - 1u) * BLOCK;
    // inside[i] is the state before token i.
    var inside: array<vec4f, 16>;
    h = starts[blocks - 1u];
    for (var i = 0u; i < BLOCK; i++) {
      inside[i] = h;
      h = next(h, A, at(b, begin + i, d, quad));
    }
    for (var left = BLOCK; left > 0u; left--) {
      let i = left - 1u;
      let t = begin + i;
      let token = at(b, t, d, quad);
      let before = inside[i];
      let r = rule(token.delta * A);
      let write = token.delta * r.gain * token.x;
      let state = r.A_bar * before + write * token.B;
      g += token.C * token.dy;
      let Bx = token.B * token.x;
      let there = select(0.0, 1.0, exists);
      shares[local] = there * g * write;
      shares[256u + local] = there * state * token.dy;
      sums[local] = dot(token.C, state);
      sums[256u + local] = dot(g, token.delta * r.gain * token.B);
      sums[512u + local] =
        dot(g, A * r.A_bar_slope * before + (r.gain + token.delta * A * r.gain_slope) * Bx);
      dA += g * (token.delta * r.A_bar_slope * before + token.delta * token.delta * r.gain_slope * Bx);
      g *= r.A_bar;
      workgroupBarrier();
      add_channels(local, i % 4u);
      if (local < 192u) { put(local, group.x * 64u + local % 64u, b, t); }
      workgroupBarrier();
      if (i % 4u == 0u && local < 32u) { put_shares(local, group.x, b, t); }
    }
  }
  if (exists) { work[row + 4u] = dA; }
}

/// The state after one token.
fn next(h: vec4f, A: vec4f, token: Token) -> vec4f {
  let r = rule(token.delta * A);
  return r.A_bar * h + token.delta * token.x * r.gain * token.B;
}

/// Thread (part, o) adds up number o of dB | dC over the eight channels of its part.
fn add_channels(local: u32, slot: u32) {
  let o = local % 32u;
  let start = o / 16u * 256u + local / 32u * 32u + o % 16u / 4u;
  var sum = 0.0;
  for (var c = 0u; c < 8u; c++) { sum += shares[start + 4u * c][o % 4u]; }
  eighths[slot * 256u + local] = sum;
}

/// Thread (k, c) adds up the four quads of channel c for y, dx or dΔ.
fn put(local: u32, d: u32, b: u32, t: u32) {
  if (d >= p.channels || t >= p.length) { return; }
  let start = local / 64u * 256u + local % 64u * 4u;
  let sum = sums[start] + sums[start + 1u] + sums[start + 2u] + sums[start + 3u];
  let token = b * p.length + t;
  if (local < 64u) { y[token * p.channels + d] = sum; }
  else if (local < 128u) { made[token * 2u * p.channels + d] = sum; }
  else { made[token * 2u * p.channels + p.channels + d] = sum; }
}

/// Thread (slot, quad) adds up the eight parts of a quad of dB | dC for the token `slot` places after t, and writes it.
fn put_shares(local: u32, channels: u32, b: u32, t: u32) {
  let token = t + local / 8u;
  if (token >= p.length) { return; }
  let quad = local % 8u;
  var sum = vec4f(0.0);
  for (var part = 0u; part < 8u; part++) {
    let i = local / 8u * 256u + part * 32u + quad * 4u;
    sum += vec4f(eighths[i], eighths[i + 1u], eighths[i + 2u], eighths[i + 3u]);
  }
  let own = p.batch * p.chunks * p.channels * 12u;
  work[own + ((channels * p.batch + b) * p.length + token) * 8u + quad] = sum;
}
