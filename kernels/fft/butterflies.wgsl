// Transforms of 2, 4 and 8 points in registers, on neighbours of an array from `o` on; inputs and outputs in their natural order.
#import "../lib/complex.wgsl"

fn dft2(v: ptr<function, array<vec2f, 8>>, o: u32) {
  let a = (*v)[o];
  let b = (*v)[o + 1u];
  (*v)[o] = a + b;
  (*v)[o + 1u] = a - b;
}

fn dft4(v: ptr<function, array<vec2f, 8>>, o: u32) {
  let even_sum = (*v)[o] + (*v)[o + 2u];
  let even_gap = (*v)[o] - (*v)[o + 2u];
  let odd_sum = (*v)[o + 1u] + (*v)[o + 3u];
  let odd_gap = quarter_back((*v)[o + 1u] - (*v)[o + 3u]);
  (*v)[o] = even_sum + odd_sum;
  (*v)[o + 1u] = even_gap + odd_gap;
  (*v)[o + 2u] = even_sum - odd_sum;
  (*v)[o + 3u] = even_gap - odd_gap;
}

fn dft8(v: ptr<function, array<vec2f, 8>>) {
  let h = 0.70710678118654752;
  let d0 = (*v)[0] - (*v)[4];
  let d1 = (*v)[1] - (*v)[5];
  let d2 = (*v)[2] - (*v)[6];
  let d3 = (*v)[3] - (*v)[7];
  // The sums make the even outputs, the gaps, turned by eighths, the odd ones.
  let a0 = (*v)[0] + (*v)[4];
  let a1 = (*v)[1] + (*v)[5];
  let a2 = (*v)[2] + (*v)[6];
  let a3 = (*v)[3] + (*v)[7];
  let b0 = d0;
  let b1 = h * vec2f(d1.x + d1.y, d1.y - d1.x);
  let b2 = quarter_back(d2);
  let b3 = h * vec2f(d3.y - d3.x, -d3.x - d3.y);
  let as02 = a0 + a2;
  let ad02 = a0 - a2;
  let as13 = a1 + a3;
  let ad13 = quarter_back(a1 - a3);
  let bs02 = b0 + b2;
  let bd02 = b0 - b2;
  let bs13 = b1 + b3;
  let bd13 = quarter_back(b1 - b3);
  (*v)[0] = as02 + as13;
  (*v)[1] = bs02 + bs13;
  (*v)[2] = ad02 + ad13;
  (*v)[3] = bd02 + bd13;
  (*v)[4] = as02 - as13;
  (*v)[5] = bs02 - bs13;
  (*v)[6] = ad02 - ad13;
  (*v)[7] = bd02 - bd13;
}
