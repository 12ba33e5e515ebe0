// The way back in lanes, pass 3: every chunk at once, from its true incoming state and gradient.
//
// With g_t the gradient of h_t, g_t = C_t dy_t + Ā_{t+1} g_{t+1}, and v = Δ A:
//   dC_t = Σ_d h_t dy_t, dB_t = Σ_d g_t Δ_t gain_t x_t, dx_t = Σ_n g_t Δ_t gain_t B_t + D_skip dy_t,
//   dΔ_t = Σ_n g_t (A Ā′ h_{t−1} + (gain + v gain′) B_t x_t), dA = Σ_t g_t (Δ Ā′ h_{t−1} + Δ² gain′ B_t x_t).
//
// A workgroup walks its chunk once for the state before each block of TOKENS tokens; then, from the last block on, it makes
// the block's states again and goes back through them. States live in registers alone, and every exponential is taken three times
// instead of being stored: decays kept in registers leave room for fewer threads, which is slower. Sums over the states of a channel and over the channels of a subgroup are made by
// exchanging halves: with each exchange a lane keeps half as many numbers, so that 32 sums of 8 channels cost 7 exchanges. What
// the subgroups have then goes through workgroup memory once for each block.
//
// Where the block's cells came in, their results go out: dx with the skip, Δ's gradient back through softplus, and the gate's.
// The carry is taken over by what a chunk adds to the gradients of its terms: A's in place of ∏ Ā, those of D_skip and of Δ's bias
// in the first two places.
#import "back.wgsl"
#import "back_inputs.wgsl"
#import "back_slopes.wgsl"

@group(0) @binding(7) var<storage, read_write> work: array<f32>;
@group(0) @binding(8) var<storage, read_write> dx: array<f32>;
@group(0) @binding(9) var<storage, read_write> d_delta: array<f32>;
@group(0) @binding(10) var<storage, read_write> dz: array<f32>;

const SUBGROUPS = THREADS / LANES;
/// Eight places between the three kinds of sums keep the lanes of a channel out of each other's banks.
const KIND = TOKENS * CHANNELS + 8u;

/// Of each token and channel C · h, then Σ g gain B, then Σ g Ā′ h A: what dx and Δ's gradient are made of.
var<workgroup> sums: array<f32, 3u * KIND>;
/// What each subgroup adds to 16 of dB and 16 of dC of each token.
var<workgroup> shares: array<f32, SUBGROUPS * TOKENS * 32u>;

/// Gradient of the state, and of A so far.
struct Back { g: vec4f, dA: vec4f }

/// What a thread adds to the gradients of D_skip and of Δ's bias.
struct Given { skip: f32, bias: f32 }

@compute @workgroup_size(THREADS)
fn main(@builtin(local_invocation_index) local: u32, @builtin(workgroup_id) group: vec3u) {
  let c = local / 4u;
  let quad = local % 4u;
  let b = group.z;
  let exists = group.x * CHANNELS + c < p.channels;
  let d = min(group.x * CHANNELS + c, p.channels - 1u);
  let own = group.x * CHANNELS + local % CHANNELS;
  let A = A4(d, 4u * quad);
  let bias = bias_of(own);
  var skip = 0.0;
  if (SKIPS && own < p.channels) { skip = terms[p.channels * (STATES + 1u) + own]; }
  let first = group.y * CHUNK;
  let blocks = (min(CHUNK, p.length - first) + TOKENS - 1u) / TOKENS;

  let row = carry_at(b, group.y, d) + 4u * quad;
  var starts = array<vec4f, CHUNK / TOKENS>();
  var h = vec4f(work[row], work[row + 1u], work[row + 2u], work[row + 3u]);
  var coming = fetch(local, own, b, first, blocks == 1u);
  for (var block = 0u; block + 1u < blocks; block++) {
    put(local, coming, bias);
    workgroupBarrier();
    coming = fetch(local, own, b, first + (block + 1u) * TOKENS, block + 2u == blocks);
    starts[block] = h;
    for (var i = 0u; i < TOKENS; i++) { h = onward(h, A, i, c, quad); }
    workgroupBarrier();
  }
  starts[blocks - 1u] = h;

  var back = Back(vec4f(work[row + 32u], work[row + 33u], work[row + 34u], work[row + 35u]), vec4f(0.0));
  var given = Given();
  for (var left = blocks; left > 0u; left--) {
    let begin = first + (left - 1u) * TOKENS;
    put(local, coming, bias);
    workgroupBarrier();
    let these = coming;
    if (left > 1u) { coming = fetch(local, own, b, begin - TOKENS, true); }
    let h0 = starts[left - 1u];
    let h1 = onward(h0, A, 0u, c, quad);
    let h2 = onward(h1, A, 1u, c, quad);
    let h3 = onward(h2, A, 2u, c, quad);
    let h4 = onward(h3, A, 3u, c, quad);
    let h5 = onward(h4, A, 4u, c, quad);
    let h6 = onward(h5, A, 5u, c, quad);
    let h7 = onward(h6, A, 6u, c, quad);
    let h8 = onward(h7, A, 7u, c, quad);
    back = through(back, A, h7, h8, 7u, local);
    back = through(back, A, h6, h7, 6u, local);
    back = through(back, A, h5, h6, 5u, local);
    back = through(back, A, h4, h5, 4u, local);
    back = through(back, A, h3, h4, 3u, local);
    back = through(back, A, h2, h3, 2u, local);
    back = through(back, A, h1, h2, 1u, local);
    back = through(back, A, h0, h1, 0u, local);
    workgroupBarrier();
    given = give(local, these.a, bias, skip, own, b, begin + local / CHANNELS, given);
    given = give(local + THREADS, these.b, bias, skip, own, b, begin + TOKENS / 2u + local / CHANNELS, given);
    for (var o = local; o < TOKENS * 32u; o += THREADS) { give_share(o, group.x, b, begin); }
  }

  workgroupBarrier();
  sums[local] = given.skip;
  sums[KIND + local] = given.bias;
  workgroupBarrier();
  if (exists) {
    for (var n = 0u; n < 4u; n++) { work[row + 16u + n] = back.dA[n]; }
  }
  if (local < CHANNELS && own < p.channels) {
    let place = carry_at(b, group.y, own);
    work[place] = sums[local] + sums[local + CHANNELS] + sums[local + 2u * CHANNELS] + sums[local + 3u * CHANNELS];
    let at = KIND + local;
    work[place + 1u] = sums[at] + sums[at + CHANNELS] + sums[at + 2u * CHANNELS] + sums[at + 3u * CHANNELS];
  }
}

/// The state after token i of the block.
fn onward(h: vec4f, A: vec4f, i: u32, c: u32, quad: u32) -> vec4f {
  let at = i * CHANNELS + c;
  return advance(h, A, step_of[at], step_of[at] * x_of[at], 1.0, BC_of[8u * i + quad]);
}

/// Back through token i of the block, from the states before and after it.
fn through(back: Back, A: vec4f, before: vec4f, after: vec4f, i: u32, local: u32) -> Back {
  let c = local / 4u;
  let quad = local % 4u;
  let at = i * CHANNELS + c;
  let step = step_of[at];
  let x_t = x_of[at];
  let dy = dy_of[at];
  let B = BC_of[8u * i + quad];
  let C = BC_of[8u * i + 4u + quad];
  let g = back.g + C * dy;
  let A_bar = decay(step * A);
  let s = slopes(step * A, A_bar);
  let w = g * s.A_bar * before;
  let read = quad_sums(vec4f(
    dot(C, after),
    dot(g * s.gain, B),
    dot(w, A) * NATURAL + x_t * dot(g * s.step_gain, B),
    0.0), local);
  if (quad < 3u) { sums[quad * KIND + at] = read; }
  channel_sums(g * s.gain * (step * x_t), after * dy, i, local);
  return Back(g * A_bar, back.dA + step * (w + step * x_t * g * s.gain_slope * B));
}

/// Over the four lanes of a channel: lane k gets Σ four[k].
fn quad_sums(four: vec4f, lane: u32) -> f32 {
  let odd = (lane & 1u) != 0u;
  let two = select(four.xz, four.yw, odd) + subgroupShuffleXor(select(four.yw, four.xz, odd), 1u);
  let high = (lane & 2u) != 0u;
  return select(two.x, two.y, high) + subgroupShuffleXor(select(two.y, two.x, high), 2u);
}

/// dB and dC of token i, added up over the channels of the subgroup.
fn channel_sums(dB: vec4f, dC: vec4f, i: u32, local: u32) {
  let quad = local % 4u * 4u;
  let at = (local / LANES * TOKENS + i) * 32u + quad;
  if (LANES == 4u) {
    for (var n = 0u; n < 4u; n++) {
      shares[at + n] = dB[n];
      shares[at + 16u + n] = dC[n];
    }
    return;
  }
  let second = (local & 4u) != 0u;
  let four = select(dB, dC, second) + subgroupShuffleXor(select(dC, dB, second), 4u);
  let of_C = select(0u, 16u, second);
  if (LANES == 8u) {
    for (var n = 0u; n < 4u; n++) { shares[at + of_C + n] = four[n]; }
    return;
  }
  let high = (local & 8u) != 0u;
  let two = select(four.xy, four.zw, high) + subgroupShuffleXor(select(four.zw, four.xy, high), 8u);
  let half = select(0u, 2u, high);
  if (LANES == 16u) {
    shares[at + of_C + half] = two.x;
    shares[at + of_C + half + 1u] = two.y;
    return;
  }
  let odd = (local & 16u) != 0u;
  shares[at + of_C + half + select(0u, 1u, odd)] =
    select(two.x, two.y, odd) + subgroupShuffleXor(select(two.y, two.x, odd), 16u);
}

/// What cell i of the block gives back.
fn give(i: u32, cell: Cell, bias: f32, skip: f32, d: u32, b: u32, t: u32, so_far: Given) -> Given {
  if (t >= p.length || d >= p.channels) { return so_far; }
  let token = b * p.length + t;
  let dy = dy_of[i];
  dx[token * p.dx_width + p.dx_from + d] = step_of[i] * sums[KIND + i] + skip * dy;
  var slope = 1.0;
  if (SOFTPLUS) { slope = 1.0 / (1.0 + exp(min(-(cell.delta + bias), 80.0))); }
  let raw = sums[2u * KIND + i] * slope;
  d_delta[token * p.channels + d] = raw;
  if (GATED) {
    let s = 1.0 / (1.0 + exp(min(-cell.z, 80.0)));
    let gated = sums[i] + skip * cell.x;
    dz[token * p.dz_width + p.dz_from + d] = cell.above * gated * s * (1.0 + cell.z * (1.0 - s));
  }
  return Given(so_far.skip + dy * cell.x, so_far.bias + raw);
}

/// Number o % 32 of dB | dC of the block's token o / 32, over the subgroups.
fn give_share(o: u32, channels: u32, b: u32, begin: u32) {
  let token = begin + o / 32u;
  if (token >= p.length) { return; }
  var sum = 0.0;
  for (var s = 0u; s < SUBGROUPS; s++) { sum += shares[s * TOKENS * 32u + o]; }
  let carries = p.batch * p.chunks * p.channels * CARRY;
  work[carries + ((channels * p.batch + b) * p.length + token) * 32u + o % 32u] = sum;
}
