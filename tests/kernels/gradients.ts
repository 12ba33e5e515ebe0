// Gradients of operations: from the engine by their plan, and from the plain reference by differences.
import { gradients, type Engine, type PlanBuilder, type Tensor } from '#lib/engine/index.ts';

export interface Input {
	readonly shape: readonly number[];
	readonly data: ArrayLike<number>;
	/** No gradient is asked of it (ids, settings). u32 where `data` is a Uint32Array. */
	readonly fixed?: boolean;
}

/**
 * Run `build` on uploaded inputs and back again.
 * @param seed the gradient of `build`'s output
 * @param versions pinned, by operation
 * @returns the output, and the gradient of every input that is not fixed
 */
export async function runGradients<Name extends string>(
	engine: Engine,
	inputs: Readonly<Record<Name, Input>>,
	build: (plan: PlanBuilder, tensors: Record<Name, Tensor>) => Tensor,
	seed: ArrayLike<number>,
	versions: Readonly<Record<string, string>> = {}
): Promise<{ output: Float32Array; gradients: Record<Name, Float32Array> }> {
	const device = 'device' in engine ? (engine.device as GPUDevice) : null;
	device?.pushErrorScope('validation');
	const names = Object.keys(inputs) as Name[];
	const tensors = {} as Record<Name, Tensor>;
	for (const name of names) {
		const { shape, data } = inputs[name];
		tensors[name] =
			data instanceof Uint32Array
				? engine.tensor(shape, { label: name, dtype: 'u32', data: Uint32Array.from(data) })
				: engine.tensor(shape, { label: name, data: Float32Array.from(data) });
	}
	const seedTensor = engine.tensor([seed.length], { data: Float32Array.from(seed) });
	const free = names.filter((name) => !inputs[name].fixed);
	const plan = await engine.plan(
		(builder) => {
			const output = builder.keep(build(builder, tensors));
			const given = gradients(
				builder,
				output,
				free.map((name) => tensors[name]),
				{ seed: seedTensor }
			);
			for (const tensor of given.values()) builder.keep(tensor);
			return { output, given };
		},
		{ versions }
	);
	await plan.run();
	const { output, given } = plan.result;
	const read = async (tensor: Tensor) => (await engine.read(tensor)) as Float32Array;
	const result = { output: await read(output), gradients: {} as Record<Name, Float32Array> };
	for (const name of free) {
		const tensor = given.get(tensors[name]);
		if (!tensor) throw new Error(`No gradient of ${name}.`);
		result.gradients[name] = await read(tensor);
	}
	plan.destroy();
	for (const tensor of [...Object.values<Tensor>(tensors), seedTensor]) engine.free(tensor);
	const error = await device?.popErrorScope();
	if (error) throw new Error(error.message);
	return result;
}

/**
 * The gradient of Σ seed · f(inputs) by each input, by central differences in f64.
 * @param f the plain reference, from the inputs' numbers to the output's
 */
export function differences<Name extends string>(
	inputs: Readonly<Record<Name, Input>>,
	f: (values: Record<Name, Float64Array>) => ArrayLike<number>,
	seed: ArrayLike<number>,
	step = 1e-5
): Record<Name, Float64Array> {
	const names = Object.keys(inputs) as Name[];
	const values = {} as Record<Name, Float64Array>;
	for (const name of names) values[name] = Float64Array.from(inputs[name].data);
	const weighted = () => {
		const y = f(values);
		let sum = 0;
		for (let i = 0; i < y.length; i++) sum += seed[i] * y[i];
		return sum;
	};
	const found = {} as Record<Name, Float64Array>;
	for (const name of names) {
		if (inputs[name].fixed) continue;
		found[name] = values[name].map((value, i, all) => {
			all[i] = value + step;
			const above = weighted();
			all[i] = value - step;
			const below = weighted();
			all[i] = value;
			return (above - below) / (2 * step);
		});
	}
	return found;
}

/** What a reference says, worked out once for all engines and versions that are held to it. */
export function onceEach<Value>(): (key: string, make: () => Value) => Value {
	const made = new Map<string, Value>();
	return (key, make) => {
		const value = made.get(key) ?? make();
		made.set(key, value);
		return value;
	};
}

/** The largest |got − want| as a part of the largest |want|: what gradients are judged by. */
export function relativeError(got: ArrayLike<number>, want: ArrayLike<number>): number {
	if (got.length !== want.length)
		throw new Error(`${got.length} numbers came, ${want.length} were expected.`);
	let worst = 0;
	let largest = 0;
	for (let i = 0; i < want.length; i++) {
		const error = Math.abs(got[i] - want[i]);
		worst = Number.isNaN(error) ? Infinity : Math.max(worst, error);
		largest = Math.max(largest, Math.abs(want[i]));
	}
	return largest === 0 ? worst : worst / largest;
}
