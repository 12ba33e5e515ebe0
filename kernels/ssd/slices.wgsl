// 64 × 64 of a product in a workgroup of 64, 8 × 8 of it in each invocation's registers, and how one slice, 16 of the inner
// dimension, is added: through workgroup memory. The importer gives `left` and `right` (see tile.wgsl).
const COLUMN = 17u;
var<workgroup> ls: array<vec4f, 16u * COLUMN>;
var<workgroup> rs: array<vec4f, 16u * COLUMN>;

/// Rows 4 ty… and 32 + 4 ty… by columns 4 tx… and 32 + 4 tx…, a row in each column of a matrix.
struct Tile { s00: mat4x4f, s01: mat4x4f, s10: mat4x4f, s11: mat4x4f }

fn outer(a: vec4f, b: vec4f) -> mat4x4f { return mat4x4f(a.x * b, a.y * b, a.z * b, a.w * b); }
fn rows(s: mat4x4f, by: vec4f) -> mat4x4f { return mat4x4f(s[0] * by.x, s[1] * by.y, s[2] * by.z, s[3] * by.w); }

// Rows of a block become its columns.
fn turned(a: vec4f, b: vec4f, c: vec4f, d: vec4f) -> mat4x4f { return transpose(mat4x4f(a, b, c, d)); }
