// Third step of a pass: each place goes to where its digit begins in its block, behind those of the same digit before it in the block.
// starts (64 digits, blocks), sorted (count). Invocations take turns along the places.
#import "./sort_ids.wgsl"
@group(0) @binding(3) var<storage, read> starts: array<u32>;
@group(0) @binding(4) var<storage, read_write> sorted: array<u32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  for (var i = id.x; i < p.count; i += 64u * groups.x) {
    let digit = digit_at(i);
    let block = i / 64u;
    var to = starts[digit * p.blocks + block];
    for (var j = 64u * block; j < i; j++) { to += select(0u, 1u, digit_at(j) == digit); }
    sorted[to] = place_at(i);
  }
}
