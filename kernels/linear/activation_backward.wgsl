// Back through the function behind a layer's sums: dx = dy · f′, one invocation a number. f′ follows from the output y = f(x) for
// softplus, ReLU², sigmoid and tanh; with FROM_INPUT, `saved` holds the sums x themselves.
#import "../matmul/activations.wgsl"

struct Params { length: u32, kind: u32 }
@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> dy: array<f32>;
@group(0) @binding(2) var<storage, read> saved: array<f32>;
@group(0) @binding(3) var<storage, read_write> dx: array<f32>;

fn from_input(x: f32) -> f32 {
  let s = sigmoid4(vec4f(x)).x;
  switch p.kind {
    case SILU: { return s * (1.0 + x * (1.0 - s)); }
    case GELU: { return normal4(vec4f(x)).x + x * 0.3989422804 * exp(max(-0.5 * x * x, -80.0)); }
    case RELU2: { return 2.0 * max(x, 0.0); }
    case SIGMOID: { return s * (1.0 - s); }
    case TANH: { let t = tanh4(vec4f(x)).x; return (1.0 - t) * (1.0 + t); }
    default: { return s; } // softplus
  }
}

fn from_output(y: f32) -> f32 {
  switch p.kind {
    case RELU2: { return 2.0 * sqrt(y); }
    case SIGMOID: { return y * (1.0 - y); }
    case TANH: { return (1.0 - y) * (1.0 + y); }
    // Softplus: 1 − exp(−y), by its series where the difference would lose digits.
    default: { return select(1.0 - exp(-y), y * (1.0 - y * (0.5 - y * (1.0 / 6.0 - y / 24.0))), y < 0.05); }
  }
}

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  for (var i = id.x; i < p.length; i += 64u * groups.x) {
    if (FROM_INPUT) { dx[i] = dy[i] * from_input(saved[i]); }
    else { dx[i] = dy[i] * from_output(saved[i]); }
  }
}
