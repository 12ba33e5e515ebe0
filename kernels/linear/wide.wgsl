// linear, version `wide`, for GPUs and large products: as `shared` with a 128 × 128 tile of y to a workgroup and 8 × 8 to an
// invocation, in steps of 8 inputs. An invocation's rows are two quads, 64 apart, and so are its outputs, so that neighbours
// read neighbouring quads.
#import "columns.wgsl"

const STEP = 8u;
const COLUMN = 33u;

var<workgroup> xs: array<vec4f, STEP * COLUMN>;
var<workgroup> ws: array<vec4f, STEP * COLUMN>;

@compute @workgroup_size(256)
fn main(@builtin(local_invocation_index) local: u32, @builtin(workgroup_id) group: vec3u) {
  // What this invocation brings: input k of quad `quad` of the rows.
  let k = local % STEP;
  let quad = local / STEP;
  // What it sums.
  let tx = local % 16u;
  let ty = local / 16u;
  let row = 128u * group.y;
  let o = 128u * group.x;
  // s<row><quad of outputs>
  var s00 = vec4f(); var s10 = vec4f(); var s20 = vec4f(); var s30 = vec4f();
  var s40 = vec4f(); var s50 = vec4f(); var s60 = vec4f(); var s70 = vec4f();
  var s01 = vec4f(); var s11 = vec4f(); var s21 = vec4f(); var s31 = vec4f();
  var s41 = vec4f(); var s51 = vec4f(); var s61 = vec4f(); var s71 = vec4f();
  var next_x = load_x(row + 4u * quad, k);
  var next_w = load_weight(o + 4u * quad, k);
  for (var done = 0u; done < p.width; done += STEP) {
    xs[k * COLUMN + quad] = next_x;
    ws[k * COLUMN + quad] = next_w;
    workgroupBarrier();
    next_x = load_x(row + 4u * quad, done + STEP + k);
    next_w = load_weight(o + 4u * quad, done + STEP + k);
    for (var i = 0u; i < STEP; i++) {
      let a0 = xs[i * COLUMN + ty];
      let a1 = xs[i * COLUMN + 16u + ty];
      let b0 = ws[i * COLUMN + tx];
      let b1 = ws[i * COLUMN + 16u + tx];
      s00 += a0.x * b0; s01 += a0.x * b1;
      s10 += a0.y * b0; s11 += a0.y * b1;
      s20 += a0.z * b0; s21 += a0.z * b1;
      s30 += a0.w * b0; s31 += a0.w * b1;
      s40 += a1.x * b0; s41 += a1.x * b1;
      s50 += a1.y * b0; s51 += a1.y * b1;
      s60 += a1.z * b0; s61 += a1.z * b1;
      s70 += a1.w * b0; s71 += a1.w * b1;
    }
    workgroupBarrier();
  }
  let r = row + 4u * ty;
  let c = o + 4u * tx;
  finish4(r, c, s00); finish4(r, c + 64u, s01);
  finish4(r + 1u, c, s10); finish4(r + 1u, c + 64u, s11);
  finish4(r + 2u, c, s20); finish4(r + 2u, c + 64u, s21);
  finish4(r + 3u, c, s30); finish4(r + 3u, c + 64u, s31);
  finish4(r + 64u, c, s40); finish4(r + 64u, c + 64u, s41);
  finish4(r + 65u, c, s50); finish4(r + 65u, c + 64u, s51);
  finish4(r + 66u, c, s60); finish4(r + 66u, c + 64u, s61);
  finish4(r + 67u, c, s70); finish4(r + 67u, c + 64u, s71);
}
