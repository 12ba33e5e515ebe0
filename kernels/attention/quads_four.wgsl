// Queries, keys, values and what is read, where head sizes, strides and offsets are multiples of four: four neighbours from `at` on, of
// which `valid` count: all or none.
@group(0) @binding(1) var<storage, read> q: array<vec4f>;
@group(0) @binding(2) var<storage, read> k: array<vec4f>;
@group(0) @binding(3) var<storage, read> v: array<vec4f>;
@group(0) @binding(5) var<storage, read_write> y: array<vec4f>;

fn q_quad(at: u32, valid: u32) -> vec4f { if (valid == 0u) { return vec4f(); } return q[at / 4u]; }
fn k_quad(at: u32, valid: u32) -> vec4f { if (valid == 0u) { return vec4f(); } return k[at / 4u]; }
fn v_quad(at: u32, valid: u32) -> vec4f { if (valid == 0u) { return vec4f(); } return v[at / 4u]; }
fn put_y(at: u32, valid: u32, quad: vec4f) { y[at / 4u] = quad; }
