// How fast single operations run: each once a plan, the plan repeated in one submission, by the device's own clock where it
// has one.
import { linear, type LinearVersion } from '#kernels/linear/index.ts';
import { selectiveScan, type Version as ScanVersion } from '#kernels/selective_scan/index.ts';
import { elementsOf, type Engine, type Plan, type Tensor } from '#lib/engine/index.ts';
import { timed, type Repeats, type Timing } from './measure.ts';

/** Milliseconds of one run. */
export interface OperationSpeed extends Timing {
	/** The version that ran. */
	readonly version: string;
	/** 10⁹ floating-point operations a second, a product and its sum counted as two. */
	readonly gflops?: number;
	/** 10⁹ bytes a second of the tensors that must be read or written once. */
	readonly gigabytes?: number;
}

/** Numbers in [−1, 1) that repeat on every machine: a Weyl sequence. */
function filled(engine: Engine, shape: readonly number[], scale = 1): Tensor {
	const data = new Float32Array(elementsOf(shape));
	for (let i = 0; i < data.length; i++) data[i] = scale * (2 * ((i * 0.6180339887) % 1) - 1);
	return engine.tensor(shape, { data });
}

/** Milliseconds of work that one measurement should hold: device clocks tick in steps of up to 0.1 ms. */
const ENOUGH = 20;
/** Runs that one measurement holds at most. */
const MOST_RUNS = 4096;

/** Milliseconds of one run of a plan, each measurement holding as many runs as its clock needs. */
async function timedPlan(plan: Plan<unknown>, repeats: Repeats): Promise<Timing> {
	await plan.measure(1);
	let runs = 1;
	while (runs < MOST_RUNS && (await plan.measure(runs)) < ENOUGH) runs *= 4;
	return timed(async () => (await plan.measure(runs)) / runs, repeats);
}

/** y = x Wᵀ for x (rows, in) and W (out, in). */
export async function linearSpeed(
	engine: Engine,
	size: { readonly rows: number; readonly in: number; readonly out: number },
	{
		version,
		norm = false,
		...repeats
	}: Repeats & { readonly version?: LinearVersion; readonly norm?: boolean } = {}
): Promise<OperationSpeed> {
	const x = filled(engine, [1, size.rows, size.in]);
	const weight = filled(engine, [size.out, size.in]);
	const normWeight = filled(engine, [size.in]);
	const plan = await engine.plan((builder) =>
		builder.keep(
			linear(builder, {
				x,
				weight,
				version,
				...(norm && { norm: { weight: normWeight, epsilon: 1e-5 } })
			})
		)
	);
	try {
		const timing = await timedPlan(plan, repeats);
		return {
			version: plan.steps[0].version,
			...timing,
			gflops: (2 * size.rows * size.in * size.out) / (1e6 * timing.median)
		};
	} finally {
		plan.destroy();
		for (const tensor of [x, weight, normWeight]) engine.free(tensor);
	}
}

export interface ScanSize {
	readonly batch: number;
	readonly length: number;
	readonly channels: number;
	readonly states: number;
}

/** The selective scan with skip, gate, Δ bias and softplus. */
export async function scanSpeed(
	engine: Engine,
	{ batch, length, channels, states }: ScanSize,
	{ version, ...repeats }: Repeats & { readonly version?: ScanVersion } = {}
): Promise<OperationSpeed> {
	const sequence = [batch, length, channels];
	const tensors = {
		x: filled(engine, sequence),
		delta: filled(engine, sequence),
		deltaBias: filled(engine, [channels]),
		A_log: filled(engine, [channels, states]),
		BC: filled(engine, [batch, length, 2 * states]),
		D_skip: filled(engine, [channels]),
		z: filled(engine, sequence),
		state: engine.tensor([batch, channels, states])
	};
	const plan = await engine.plan((builder) =>
		builder.keep(
			selectiveScan(builder, {
				...tensors,
				deltaSoftplus: true,
				bColumns: [0, states],
				cColumns: [states, 2 * states],
				version
			}).out
		)
	);
	try {
		const timing = await timedPlan(plan, repeats);
		const moved = 4 * (4 * elementsOf(sequence) + elementsOf(tensors.BC.shape));
		return {
			version: [...new Set(plan.steps.map((step) => step.version))].join(' + '),
			...timing,
			gigabytes: moved / (1e6 * timing.median)
		};
	} finally {
		plan.destroy();
		for (const tensor of Object.values(tensors)) engine.free(tensor);
	}
}
