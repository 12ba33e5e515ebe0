// The next token from its logits, on the device, so that several tokens go in one submission with nothing read back.
//
// logits (V); settings: temperature, top-p, top-k, seed; ids (1) takes the token; generated (capacity) takes it at position
// counter[0], which then counts on.
//
// One workgroup of THREADS; sums go over GROUPS of them, then over the groups. Temperature 0: the largest logit, the lowest id among equals. Else weights are exp((logit − largest) /
// temperature), and top-k and top-p are each a threshold on the logit, found without a sort: a logit's bits, made to order as
// an unsigned key, are fixed from the top two at a time. For each of the three keys that the next two bits could make, all
// threads together count (top-k) or weigh (top-p) what lies at or above it; the largest key that still has enough is kept. After
// 16 rounds the threshold is exact; tokens that equal it are all kept. Then thread 0 walks along the ids to where the running sum
// passes u times the whole sum. Few places have a barrier, since each of them costs a software adapter much to compile.
#import "../lib/philox.wgsl"

struct Params { vocabulary: u32, capacity: u32 }

@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> logits: array<f32>;
@group(0) @binding(2) var<storage, read> settings: array<f32>;
@group(0) @binding(3) var<storage, read_write> ids: array<u32>;
@group(0) @binding(4) var<storage, read_write> generated: array<u32>;
@group(0) @binding(5) var<storage, read_write> counter: array<u32>;

var<workgroup> partial: array<vec4f, THREADS>;
var<workgroup> group_sum: array<vec4f, GROUPS>;
var<workgroup> candidate: array<u32, THREADS>;

/// Bits that order as the numbers do.
fn key_of(logit: f32) -> u32 {
  let bits = bitcast<u32>(logit);
  return select(bits | 0x80000000u, ~bits, (bits >> 31u) == 1u);
}

fn weight_of(logit: f32, highest: f32, temperature: f32) -> f32 {
  return exp(max((logit - highest) / temperature, -80.0));
}

/// The better of two ids: the larger logit, the lower id among equals.
fn better(a: u32, b: u32) -> u32 {
  let first = logits[a];
  let second = logits[b];
  return select(a, b, second > first || (second == first && b < a));
}

@compute @workgroup_size(THREADS)
fn main(@builtin(local_invocation_index) thread: u32) {
  let temperature = settings[0];
  let top_p = settings[1];
  let top_k = settings[2];

  var best = min(thread, p.vocabulary - 1u);
  for (var id = thread; id < p.vocabulary; id += THREADS) { best = better(best, id); }
  candidate[thread] = best;
  workgroupBarrier();
  if (thread < GROUPS) {
    for (var i = thread; i < THREADS; i += GROUPS) { best = better(best, candidate[i]); }
    candidate[thread] = best;
  }
  workgroupBarrier();
  for (var i = 0u; i < GROUPS; i++) { best = better(best, candidate[i]); }
  if (temperature <= 0.0) {
    if (thread == 0u) { choose(best); }
    return;
  }

  // Round by round: 16 for top-k, 16 for top-p. `least` is the lowest key that is kept so far.
  let highest = logits[best];
  let limits_k = top_k >= 1.0 && top_k < f32(p.vocabulary);
  let limits_p = top_p < 1.0;
  var least = 0u;
  var found = 0u;
  for (var round = select(16u, 0u, limits_k); round < select(16u, 32u, limits_p); round++) {
    let counting = round < 16u;
    let shift = 30u - 2u * (round % 16u);
    if (round == 16u) { least = found; }
    if (round % 16u == 0u) { found = 0u; }
    let tried = vec4u(0u, vec3u(found) | (vec3u(1u, 2u, 3u) << vec3u(shift)));

    var mine = vec4f(0.0);
    for (var id = thread; id < p.vocabulary; id += THREADS) {
      let key = key_of(logits[id]);
      if (key < least) { continue; }
      var value = 1.0;
      if (!counting) { value = weight_of(logits[id], highest, temperature); }
      mine += select(vec4f(0.0), vec4f(value), vec4u(key) >= tried);
    }
    partial[thread] = mine;
    workgroupBarrier();
    if (thread < GROUPS) {
      var sum = vec4f(0.0);
      for (var i = thread; i < THREADS; i += GROUPS) { sum += partial[i]; }
      group_sum[thread] = sum;
    }
    workgroupBarrier();
    var sum = vec4f(0.0);
    for (var i = 0u; i < GROUPS; i++) { sum += group_sum[i]; }

    let need = select(top_p * sum.x, top_k, counting);
    let enough = select(vec3u(0u), vec3u(1u), sum.yzw >= vec3f(need));
    found |= (enough.x + enough.y + enough.z) << shift;
  }
  least = max(least, found);

  // Each thread weighs a run of neighbouring ids, so that the walk goes run by run, then id by id.
  let run = (p.vocabulary + THREADS - 1u) / THREADS;
  var mine = 0.0;
  for (var id = thread * run; id < min((thread + 1u) * run, p.vocabulary); id++) {
    if (key_of(logits[id]) >= least) { mine += weight_of(logits[id], highest, temperature); }
  }
  partial[thread] = vec4f(mine);
  workgroupBarrier();
  if (thread == 0u) { choose(walk(run, least, highest, temperature, best)); }
}

/// The first id at which the running sum of kept weights passes u times the whole sum.
fn walk(run: u32, least: u32, highest: f32, temperature: f32, best: u32) -> u32 {
  var whole = 0.0;
  for (var i = 0u; i < THREADS; i++) { whole += partial[i].x; }
  let word = philox(vec2u(counter[0], 0u), u32(settings[3])).x;
  let goal = whole * (f32(word >> 8u) / 16777216.0);

  var sum = 0.0;
  var first = 0u;
  for (; first < THREADS - 1u; first++) {
    let next = sum + partial[first].x;
    if (next > goal) { break; }
    sum = next;
  }
  // Rounding may leave the sum within a run just short of the goal: the last kept id that was passed is then the answer.
  var last = best;
  for (var id = first * run; id < p.vocabulary; id++) {
    if (key_of(logits[id]) < least) { continue; }
    sum += weight_of(logits[id], highest, temperature);
    last = id;
    if (sum > goal) { break; }
  }
  return last;
}

fn choose(id: u32) {
  ids[0] = id;
  let position = counter[0];
  if (position < p.capacity) { generated[position] = id; }
  counter[0] = position + 1u;
}
