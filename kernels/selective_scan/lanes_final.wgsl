// The selective scan, version 5 (`lanes`), pass 3: every chunk again, from its true incoming state, with outputs. Each thread's part of
// C · h goes through workgroup memory; the thread that brought a cell adds the four parts up and writes its output.
//
// z (batch, L, z_width) from column z_from on, or no gate where z_width is 0; out (batch, L, out_width).
#import "lanes.wgsl"
#import "../lib/silu.wgsl"

@group(0) @binding(6) var<storage, read> z: array<f32>;
@group(0) @binding(7) var<storage, read_write> out: array<f32>;
@group(0) @binding(8) var<storage, read> carry: array<f32>;

/// Of each token and channel the parts that its four threads have of C · h.
var<workgroup> parts: array<f32, TOKENS * THREADS>;

@compute @workgroup_size(THREADS)
fn main(@builtin(local_invocation_index) local: u32, @builtin(workgroup_id) group: vec3u) {
  let c = local / 4u;
  let n = local % 4u * 4u;
  let d = min(group.x * CHANNELS + c, p.channels - 1u);
  let own = group.x * CHANNELS + local % CHANNELS;
  let first = group.z * p.length + group.y * p.chunk;
  let last = group.z * p.length + min((group.y + 1u) * p.chunk, p.length);
  let A = A4(d, n);
  let bias = bias_of(own);
  let D_skip = skip(min(own, p.channels - 1u));

  let row = ((group.z * p.chunks + group.y) * p.channels + d) * carry_width() + n;
  var h = existing(n, vec4f(carry[row], carry[row + 1u], carry[row + 2u], carry[row + 3u]));
  var coming = fetch(local, own, first, last);
  for (var t = first; t < last; t += TOKENS) {
    put(local, coming, bias);
    workgroupBarrier();
    let these = coming;
    coming = fetch(local, own, t + TOKENS, last);
    for (var i = 0u; i < TOKENS; i++) {
      let at = i * CHANNELS + c;
      h = advance(h, A, step_of[at], u_of[at], 1.0, BC_of[8u * i + n / 4u]);
      parts[i * THREADS + local] = dot(BC_of[8u * i + 4u + n / 4u], h);
    }
    workgroupBarrier();
    give(these.a, local / CHANNELS, local % CHANNELS, t, own, D_skip);
    give(these.b, local / CHANNELS + TOKENS / 2u, local % CHANNELS, t, own, D_skip);
  }
}

/// The output of token t + i.
fn give(cell: Cell, i: u32, c: u32, t: u32, d: u32, D_skip: f32) {
  if (cell.there == 0.0) { return; }
  let at = i * THREADS + 4u * c;
  var y = parts[at] + parts[at + 1u] + parts[at + 2u] + parts[at + 3u] + D_skip * cell.x;
  if (p.z_width > 0u) { y *= silu(cell.z); }
  out[(t + i) * p.out_width + d] = y;
}

fn gate_of(t: u32, d: u32) -> f32 {
  if (p.z_width == 0u) { return 0.0; }
  return z[t * p.z_width + p.z_from + d];
}
