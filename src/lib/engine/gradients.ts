// A backward plan from a forward plan: every operation says how gradients flow back through it, and these steps are appended in
// reverse, after the forward ones, to the same plan. Memory is then planned for both together: what the backward part reads of the
// forward part stays, all else is reused.
import {
	elementsOf,
	ShapeError,
	type Derivative,
	type GradientFlow,
	type PlanBuilder,
	type Tensor
} from './types.ts';

type Columns = readonly [from: number, to: number];

/**
 * Append the steps that compute the gradient of `loss` by each of `parameters`.
 * @param loss one number, or any tensor where `seed` is given
 * @param seed shaped like `loss`: the gradient of what lies behind it (a vector–Jacobian product); 1 unless given
 * @returns the gradient of each parameter, shaped like it; zeros where the loss does not depend on it. Keep what outlives the run.
 * @throws ShapeError for a loss of several numbers; Error where an operation between them has no gradient
 */
export function gradients(
	plan: PlanBuilder,
	loss: Tensor,
	parameters: readonly Tensor[],
	{ seed }: { readonly seed?: Tensor } = {}
): ReadonlyMap<Tensor, Tensor> {
	if (!seed && elementsOf(loss.shape) !== 1)
		throw new ShapeError(
			`The gradient of ${loss.label} was asked for, which is ${loss.shape.join(' × ')}; a loss is one number.`
		);
	const reached = dependents(plan, parameters);
	const flow = new Flow(plan, plan.derivatives, parameters);
	flow.give(loss, seed ?? fill(plan, plan.tensor(loss.shape, 'gradient of the loss'), 1));
	flow.run();
	return new Map(
		parameters.map((parameter) => {
			const gradient = flow.of(parameter);
			if (!gradient && reached(parameter, loss))
				throw new Error(
					`The loss depends on ${parameter.label}, but an operation between them has no gradient.`
				);
			return [
				parameter,
				gradient ?? fill(plan, plan.tensor(parameter.shape, `gradient of ${parameter.label}`), 0)
			];
		})
	);
}

/**
 * A part of a model whose inner tensors are not kept for the backward plan but computed again there: memory for time (Chen et al.
 * 2016, Training Deep Nets with Sublinear Memory Cost).
 * @param build appends the part and gives its output; called once more for the backward plan, where it must append the same
 */
export function checkpoint(plan: PlanBuilder, build: () => Tensor): Tensor {
	const { result, derivatives } = plan.tape(build);
	const made = new Set(derivatives.flatMap(({ outputs }) => outputs));
	const inputs = [...new Set(derivatives.flatMap(({ inputs }) => inputs))].filter(
		(tensor) => !made.has(tensor)
	);
	plan.differentiable({
		op: 'checkpoint',
		inputs,
		outputs: [result],
		backward(plan, outer) {
			const gradient = outer.of(result);
			if (!gradient) return;
			const wanted = inputs.filter((input) => outer.wants(input));
			const again = plan.tape(build, { again: true });
			const flow = new Flow(plan, again.derivatives, wanted);
			flow.give(again.result, gradient);
			flow.run();
			for (const input of wanted) {
				const given = flow.of(input);
				if (given) outer.give(input, given);
			}
		}
	});
	return result;
}

/** What has come back to one tensor so far: a whole gradient, and one of which some columns are written. Their sum counts. */
interface Arrived {
	whole: Tensor | null;
	part: { readonly tensor: Tensor; readonly columns: Columns[] } | null;
}

class Flow implements GradientFlow {
	#plan: PlanBuilder;
	#derivatives: readonly Derivative[];
	#wanted: Set<number>;
	#arrived = new Map<number, Arrived>();

	constructor(
		plan: PlanBuilder,
		derivatives: readonly Derivative[],
		parameters: readonly Tensor[]
	) {
		this.#plan = plan;
		this.#derivatives = derivatives;
		this.#wanted = new Set(parameters.map(({ id }) => id));
		for (const { inputs, outputs } of derivatives)
			if (inputs.some(({ id }) => this.#wanted.has(id)))
				for (const { id } of outputs) this.#wanted.add(id);
	}

	/** Walk the operations backwards. */
	run(): void {
		for (const derivative of [...this.#derivatives].reverse()) {
			const touched = derivative.outputs.some(({ id }) => this.#arrived.has(id));
			if (touched && derivative.inputs.some((input) => this.wants(input)))
				derivative.backward(this.#plan, this);
		}
	}

	wants(input: Tensor): boolean {
		return this.#wanted.has(input.id);
	}

	of(output: Tensor): Tensor | null {
		const arrived = this.#arrived.get(output.id);
		if (!arrived) return null;
		this.#settle(output, arrived);
		return arrived.whole;
	}

	sofar(input: Tensor): Tensor | null {
		const arrived = this.#arrived.get(input.id);
		if (!arrived) return null;
		const { part } = arrived;
		if (part && missing(part.columns, widthOf(input)).length === 0) this.#settle(input, arrived);
		return arrived.whole;
	}

	give(input: Tensor, gradient: Tensor, { added = false } = {}): void {
		if (!this.wants(input)) return;
		if (elementsOf(gradient.shape) !== elementsOf(input.shape))
			throw new ShapeError(
				`The gradient of ${input.label} is ${gradient.shape.join(' × ')}; expected ${input.shape.join(' × ')}.`
			);
		const arrived = this.#at(input);
		arrived.whole = added || !arrived.whole ? gradient : add(this.#plan, arrived.whole, gradient);
	}

	columns(input: Tensor, [from, to]: Columns): Tensor {
		const arrived = this.#at(input);
		if (arrived.part?.columns.some(([a, b]) => a < to && from < b)) this.#settle(input, arrived);
		arrived.part ??= {
			tensor: this.#plan.tensor(input.shape, `gradient of ${input.label}`),
			columns: []
		};
		arrived.part.columns.push([from, to]);
		return arrived.part.tensor;
	}

	#at(tensor: Tensor): Arrived {
		let arrived = this.#arrived.get(tensor.id);
		if (!arrived) this.#arrived.set(tensor.id, (arrived = { whole: null, part: null }));
		return arrived;
	}

	/** Make one whole gradient of what has arrived. */
	#settle(tensor: Tensor, arrived: Arrived): void {
		const { whole, part } = arrived;
		if (!part) return;
		for (const columns of missing(part.columns, widthOf(tensor)))
			fill(this.#plan, part.tensor, 0, columns);
		arrived.whole = whole ? add(this.#plan, whole, part.tensor) : part.tensor;
		arrived.part = null;
	}
}

const widthOf = ({ shape }: Tensor): number => shape[shape.length - 1];

/** The ranges of 0…width that none of `columns` covers. */
function missing(columns: readonly Columns[], width: number): Columns[] {
	const gaps: Columns[] = [];
	let at = 0;
	for (const [from, to] of [...columns].sort(([a], [b]) => a - b)) {
		if (from > at) gaps.push([at, from]);
		at = Math.max(at, to);
	}
	if (at < width) gaps.push([at, width]);
	return gaps;
}

/** Does a tensor's value depend on a parameter, by the plan's steps so far? */
function dependents(plan: PlanBuilder, parameters: readonly Tensor[]) {
	const sources = new Map<number, Set<number>>(parameters.map(({ id }) => [id, new Set([id])]));
	for (const { reads, writes } of plan.steps) {
		const from = new Set(reads.flatMap(({ id }) => [...(sources.get(id) ?? [])]));
		if (from.size === 0) continue;
		for (const { id } of writes) sources.set(id, new Set([...(sources.get(id) ?? []), ...from]));
	}
	return (parameter: Tensor, tensor: Tensor) => sources.get(tensor.id)?.has(parameter.id) ?? false;
}

const GROUP = 256;
const MOST_GROUPS = 65535;

const ADD = `
struct Params { length: u32 }
@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> a: array<f32>;
@group(0) @binding(2) var<storage, read> b: array<f32>;
@group(0) @binding(3) var<storage, read_write> sum: array<f32>;

@compute @workgroup_size(${GROUP})
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  for (var i = id.x; i < p.length; i += ${GROUP}u * groups.x) { sum[i] = a[i] + b[i]; }
}`;

const FILL = `
struct Params { length: u32, width: u32, first: u32, columns: u32, value: f32 }
@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read_write> y: array<f32>;

@compute @workgroup_size(${GROUP})
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  for (var i = id.x; i < p.length; i += ${GROUP}u * groups.x) {
    y[i / p.columns * p.width + p.first + i % p.columns] = p.value;
  }
}`;

const groupsFor = (length: number): [number] => [Math.min(Math.ceil(length / GROUP), MOST_GROUPS)];

/** a + b, element by element. */
function add(plan: PlanBuilder, a: Tensor, b: Tensor): Tensor {
	const sum = plan.tensor(a.shape, a.label);
	const length = elementsOf(a.shape);
	plan.add({
		op: 'sum',
		version: 'gradients',
		reads: [a, b],
		writes: [sum],
		kernel: () => ({
			code: ADD,
			bindings: [a, b, sum],
			uniform: [length],
			workgroups: groupsFor(length)
		}),
		cpu: (views) => {
			const [one, other, to] = [views.f32(a), views.f32(b), views.f32(sum)];
			return () => {
				for (let i = 0; i < length; i++) to[i] = one[i] + other[i];
			};
		}
	});
	return sum;
}

/** Set columns of a tensor to one value. */
function fill(
	plan: PlanBuilder,
	tensor: Tensor,
	value: number,
	[from, to]: Columns = [0, widthOf(tensor)]
): Tensor {
	const width = widthOf(tensor);
	const columns = to - from;
	const length = (elementsOf(tensor.shape) / width) * columns;
	plan.add({
		op: 'fill',
		version: 'gradients',
		reads: [],
		writes: [tensor],
		kernel: () => ({
			code: FILL,
			bindings: [tensor],
			uniform: [length, width, from, columns, { f32: value }],
			workgroups: groupsFor(length)
		}),
		cpu: (views) => {
			const y = views.f32(tensor);
			return () => {
				for (let row = from; row < y.length; row += width) y.fill(value, row, row + columns);
			};
		}
	});
	return tensor;
}
