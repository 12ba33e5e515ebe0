// linear, version `shared`, for GPUs: a workgroup makes a 64 × 64 tile of y, 4 × 4 of it in each invocation's registers.
// x (rows, stride), weight (out, in), y (rows, out). In steps of 16 inputs the 64 rows of x and of the weight that the tile needs
// are brought to workgroup memory, four rows of one input in a quad, so that an invocation reads two quads for its sixteen
// products; the next step's numbers are on their way meanwhile. A column of 17 quads spares conflicts between banks. Rows,
// outputs and inputs past the edge count as the last row, the last output and zero.
#import "columns.wgsl"

const STEP = 16u;
const COLUMN = 17u;

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
  let row = 64u * group.y;
  let o = 64u * group.x;
  var s0 = vec4f(); var s1 = vec4f(); var s2 = vec4f(); var s3 = vec4f();
  var next_x = load_x(row + 4u * quad, k);
  var next_w = load_weight(o + 4u * quad, k);
  for (var done = 0u; done < p.width; done += STEP) {
    xs[k * COLUMN + quad] = next_x;
    ws[k * COLUMN + quad] = next_w;
    workgroupBarrier();
    next_x = load_x(row + 4u * quad, done + STEP + k);
    next_w = load_weight(o + 4u * quad, done + STEP + k);
    for (var i = 0u; i < STEP; i++) {
      let a = xs[i * COLUMN + ty];
      let b = ws[i * COLUMN + tx];
      s0 += a.x * b;
      s1 += a.y * b;
      s2 += a.z * b;
      s3 += a.w * b;
    }
    workgroupBarrier();
  }
  let r = row + 4u * ty;
  let c = o + 4u * tx;
  finish4(r, c, s0);
  finish4(r + 1u, c, s1);
  finish4(r + 2u, c, s2);
  finish4(r + 3u, c, s3);
}
