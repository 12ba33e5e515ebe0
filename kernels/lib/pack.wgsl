// Lays up to six tensors one after the other in one, since a stage may bind few. An absent one leaves its place as it is. One thread
// an element; the ends are running totals of their lengths.
struct Params { first_end: u32, second_end: u32, third_end: u32, fourth_end: u32, fifth_end: u32, sixth_end: u32 }

@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> first: array<f32>;
@group(0) @binding(2) var<storage, read> second: array<f32>;
@group(0) @binding(3) var<storage, read> third: array<f32>;
@group(0) @binding(4) var<storage, read> fourth: array<f32>;
@group(0) @binding(5) var<storage, read> fifth: array<f32>;
@group(0) @binding(6) var<storage, read> sixth: array<f32>;
@group(0) @binding(7) var<storage, read_write> packed: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  for (var i = id.x; i < p.sixth_end; i += 64u * groups.x) {
    var value: f32;
    if (i < p.first_end) { value = first[i]; }
    else if (i < p.second_end) { value = second[i - p.first_end]; }
    else if (i < p.third_end) { value = third[i - p.second_end]; }
    else if (i < p.fourth_end) { value = fourth[i - p.third_end]; }
    else if (i < p.fifth_end) { value = fifth[i - p.fourth_end]; }
    else { value = sixth[i - p.fifth_end]; }
    packed[i] = value;
  }
}
