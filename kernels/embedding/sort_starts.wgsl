// Second step of a pass: from counts to where each digit of each block begins, in place: the sums of all counts before.
// counts (length). One workgroup; each lane has a run of counts, one lane joins the runs' sums.
struct Params { length: u32 }

@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read_write> counts: array<u32>;

var<workgroup> sums: array<u32, 256>;

@compute @workgroup_size(256)
fn main(@builtin(local_invocation_index) lane: u32) {
  let run = (p.length + 255u) / 256u;
  let first = min(lane * run, p.length);
  let end = min(first + run, p.length);
  var sum = 0u;
  for (var i = first; i < end; i++) { sum += counts[i]; }
  sums[lane] = sum;
  workgroupBarrier();
  if (lane == 0u) {
    var before = 0u;
    for (var i = 0u; i < 256u; i++) {
      let own = sums[i];
      sums[i] = before;
      before += own;
    }
  }
  workgroupBarrier();
  var start = sums[lane];
  for (var i = first; i < end; i++) {
    let own = counts[i];
    counts[i] = start;
    start += own;
  }
}
