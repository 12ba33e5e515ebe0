// 64 × 64 of a product in a workgroup of 64, 8 × 8 of it in each invocation's registers, and how one slice, 16 of the inner
// dimension, is added from workgroup memory.
const COLUMN = 17u;
var<workgroup> ls: array<vec4f, 16u * COLUMN>;
var<workgroup> rs: array<vec4f, 16u * COLUMN>;

/// Rows 4 ty… and 32 + 4 ty… by columns 4 tx… and 32 + 4 tx…, a row in each column of a matrix.
struct Tile { s00: mat4x4f, s01: mat4x4f, s10: mat4x4f, s11: mat4x4f }

fn outer(a: vec4f, b: vec4f) -> mat4x4f { return mat4x4f(a.x * b, a.y * b, a.z * b, a.w * b); }
fn rows(s: mat4x4f, by: vec4f) -> mat4x4f { return mat4x4f(s[0] * by.x, s[1] * by.y, s[2] * by.z, s[3] * by.w); }

/// Which quarters of the tile a slice can change.
const ALL = 0u;
const ALL_BUT_LOWER_LEFT = 1u;
const LOWER = 2u;
const UPPER = 3u;

/// What the slice that lies in workgroup memory adds to the rows and columns of invocation 8 ty + tx.
fn add_products(sum: ptr<function, Tile>, tx: u32, ty: u32, which: u32) {
  if (which == ALL) {
    for (var k = 0u; k < 16u; k++) {
      let a0 = ls[k * COLUMN + ty];
      let a1 = ls[k * COLUMN + 8u + ty];
      let b0 = rs[k * COLUMN + tx];
      let b1 = rs[k * COLUMN + 8u + tx];
      (*sum).s00 += outer(a0, b0); (*sum).s01 += outer(a0, b1);
      (*sum).s10 += outer(a1, b0); (*sum).s11 += outer(a1, b1);
    }
  } else if (which == ALL_BUT_LOWER_LEFT) {
    for (var k = 0u; k < 16u; k++) {
      let a0 = ls[k * COLUMN + ty];
      let a1 = ls[k * COLUMN + 8u + ty];
      let b0 = rs[k * COLUMN + tx];
      let b1 = rs[k * COLUMN + 8u + tx];
      (*sum).s00 += outer(a0, b0); (*sum).s01 += outer(a0, b1);
      (*sum).s11 += outer(a1, b1);
    }
  } else if (which == LOWER) {
    for (var k = 0u; k < 16u; k++) {
      let a1 = ls[k * COLUMN + 8u + ty];
      (*sum).s10 += outer(a1, rs[k * COLUMN + tx]);
      (*sum).s11 += outer(a1, rs[k * COLUMN + 8u + tx]);
    }
  } else {
    for (var k = 0u; k < 16u; k++) {
      let a0 = ls[k * COLUMN + ty];
      (*sum).s00 += outer(a0, rs[k * COLUMN + tx]);
      (*sum).s01 += outer(a0, rs[k * COLUMN + 8u + tx]);
    }
  }
}

// Rows of a block become its columns.
fn turned(a: vec4f, b: vec4f, c: vec4f, d: vec4f) -> mat4x4f { return transpose(mat4x4f(a, b, c, d)); }
