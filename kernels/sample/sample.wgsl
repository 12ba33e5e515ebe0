// The next token from its logits, on the device, so that several tokens go in one submission with nothing read back.
//
// logits (V); settings: temperature, top-p, top-k, seed; ids (1) takes the token; generated (capacity) takes it at position
// counter[0], which then counts on.
//
// One workgroup. Temperature 0: the largest logit, the lowest id among equals. Else weights are exp((logit − largest) /
// temperature), and top-k and top-p are each a threshold on the logit, found without a sort: a logit's bits, made to order as
// an unsigned key, are fixed from the top two at a time. For each of the three keys that the next two bits could make, all
// threads together count (top-k) or weigh (top-p) what lies at or above it; the largest key that still has enough is kept. After
// 16 rounds the threshold is exact; tokens that equal it are all kept. Then thread 0 walks along the ids to where the running sum
// passes u times the whole sum.
#import "../lib/philox.wgsl"

const THREADS = 256u;
const GROUPS = 16u;

struct Params { vocabulary: u32, capacity: u32 }

@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> logits: array<f32>;
@group(0) @binding(2) var<storage, read> settings: array<f32>;
@group(0) @binding(3) var<storage, read_write> ids: array<u32>;
@group(0) @binding(4) var<storage, read_write> generated: array<u32>;
@group(0) @binding(5) var<storage, read_write> counter: array<u32>;

var<workgroup> partial: array<vec3f, THREADS>;
var<workgroup> group_sum: array<vec3f, GROUPS>;
var<workgroup> candidates: array<u32, THREADS>;

/// The sum of everyone's value, the same for all; two barriers.
fn sum_of_all(thread: u32, mine: vec3f) -> vec3f {
  partial[thread] = mine;
  workgroupBarrier();
  if (thread < GROUPS) {
    var sum = vec3f(0.0);
    for (var i = 0u; i < THREADS / GROUPS; i++) { sum += partial[thread * (THREADS / GROUPS) + i]; }
    group_sum[thread] = sum;
  }
  workgroupBarrier();
  var sum = vec3f(0.0);
  for (var i = 0u; i < GROUPS; i++) { sum += group_sum[i]; }
  return sum;
}

/// The largest logit's id, the lowest among equals, the same for all.
fn largest(thread: u32) -> u32 {
  var best = min(thread, p.vocabulary - 1u);
  for (var id = thread; id < p.vocabulary; id += THREADS) {
    if (logits[id] > logits[best]) { best = id; }
  }
  candidates[thread] = best;
  workgroupBarrier();
  for (var half = THREADS / 2u; half > 0u; half /= 2u) {
    if (thread < half) {
      let a = candidates[thread];
      let b = candidates[thread + half];
      if (logits[b] > logits[a] || (logits[b] == logits[a] && b < a)) { candidates[thread] = b; }
    }
    workgroupBarrier();
  }
  return candidates[0];
}

/// Bits that order as the numbers do.
fn key_of(logit: f32) -> u32 {
  let bits = bitcast<u32>(logit);
  return select(bits | 0x80000000u, ~bits, (bits >> 31u) == 1u);
}

fn weight_of(logit: f32, highest: f32, temperature: f32) -> f32 {
  return exp(max((logit - highest) / temperature, -80.0));
}

/// The largest key at or above which lies at least `need`: of tokens where `counting`, else of weight. Keys below `least` count nothing.
fn threshold(thread: u32, counting: bool, need: f32, least: u32, highest: f32, temperature: f32) -> u32 {
  var found = 0u;
  for (var shift = 32u; shift > 0u;) {
    shift -= 2u;
    let tried = vec3u(found) | (vec3u(1u, 2u, 3u) << vec3u(shift));
    var mine = vec3f(0.0);
    for (var id = thread; id < p.vocabulary; id += THREADS) {
      let key = key_of(logits[id]);
      var value = 1.0;
      if (!counting) { value = weight_of(logits[id], highest, temperature); }
      if (key >= least) { mine += select(vec3f(0.0), vec3f(value), vec3u(key) >= tried); }
    }
    let enough = select(vec3u(0u), vec3u(1u), sum_of_all(thread, mine) >= vec3f(need));
    found |= (enough.x + enough.y + enough.z) << shift;
  }
  return found;
}

@compute @workgroup_size(THREADS)
fn main(@builtin(local_invocation_index) thread: u32) {
  let temperature = settings[0];
  let top_p = settings[1];
  let top_k = settings[2];
  let best = largest(thread);
  var chosen = best;

  if (temperature > 0.0) {
    let highest = logits[best];
    var least = 0u;
    if (top_k >= 1.0 && top_k < f32(p.vocabulary)) {
      least = threshold(thread, true, top_k, 0u, highest, temperature);
    }
    if (top_p < 1.0) {
      var mine = 0.0;
      for (var id = thread; id < p.vocabulary; id += THREADS) {
        if (key_of(logits[id]) >= least) { mine += weight_of(logits[id], highest, temperature); }
      }
      let whole = sum_of_all(thread, vec3f(mine)).x;
      least = max(least, threshold(thread, false, top_p * whole, least, highest, temperature));
    }

    // Each thread weighs a run of neighbouring ids, so that the walk goes run by run, then id by id.
    let run = (p.vocabulary + THREADS - 1u) / THREADS;
    var mine = 0.0;
    for (var id = thread * run; id < min((thread + 1u) * run, p.vocabulary); id++) {
      if (key_of(logits[id]) >= least) { mine += weight_of(logits[id], highest, temperature); }
    }
    workgroupBarrier();
    partial[thread] = vec3f(mine);
    workgroupBarrier();
    if (thread == 0u) { chosen = walk(run, least, highest, temperature, best); }
  }

  if (thread > 0u) { return; }
  ids[0] = chosen;
  let position = counter[0];
  if (position < p.capacity) { generated[position] = chosen; }
  counter[0] = position + 1u;
}

/// The first id at which the running sum of kept weights passes u times the whole sum.
fn walk(run: u32, least: u32, highest: f32, temperature: f32, best: u32) -> u32 {
  var whole = 0.0;
  for (var i = 0u; i < THREADS; i++) { whole += partial[i].x; }
  let word = philox(vec2u(counter[0], 0u), u32(settings[3])).x;
  let target_sum = whole * (f32(word >> 8u) / 16777216.0);

  var before = 0.0;
  var first = 0u;
  for (; first < THREADS - 1u; first++) {
    let next = before + partial[first].x;
    if (next > target_sum) { break; }
    before = next;
  }
  // Rounding may leave the sum within a run just short of the target: the last kept id passed is then the answer.
  var last = best;
  for (var id = first * run; id < p.vocabulary; id++) {
    if (key_of(logits[id]) < least) { continue; }
    before += weight_of(logits[id], highest, temperature);
    last = id;
    if (before > target_sum) { break; }
  }
  return last;
}
