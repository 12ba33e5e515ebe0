// How fast single operations run: each once a plan, the plan repeated in one submission, by the device's own clock where it
// has one. Beside them what the device itself can do: copy bandwidth and the rate of a matrix product.
import { attention } from '#kernels/attention/index.ts';
import { linear, type LinearVersion } from '#kernels/linear/index.ts';
import { longConv } from '#kernels/long_conv/index.ts';
import { s4dScan } from '#kernels/s4d/index.ts';
import { selectiveScan, type Version as ScanVersion } from '#kernels/selective_scan/index.ts';
import { ssd } from '#kernels/ssd/index.ts';
import {
	elementsOf,
	gradients,
	type Engine,
	type Plan,
	type PlanBuilder,
	type Shape,
	type Tensor
} from '#lib/engine/index.ts';
import copyCode from './copy.wgsl';
import type { Way } from './sizes.ts';
import { stillWanted, timed, type Repeats, type Timing } from './measure.ts';

/** Milliseconds of one run. */
export interface OperationSpeed extends Timing {
	/** The version that ran. */
	readonly version: string;
	/** 10⁹ floating-point operations a second, a product and its sum counted as two. */
	readonly gflops?: number;
	/** 10⁹ bytes a second of the tensors that must be read or written once: what the operation moves at least, not what it does. */
	readonly gigabytes?: number;
}

/** Numbers in [−scale, scale) that repeat on every machine: a Weyl sequence. */
function filled(engine: Engine, shape: Shape, scale = 1): Tensor {
	const data = new Float32Array(elementsOf(shape));
	for (let i = 0; i < data.length; i++) data[i] = scale * (2 * ((i * 0.6180339887) % 1) - 1);
	return engine.tensor(shape, { data });
}

/** Milliseconds of work that one measurement should hold: device clocks tick in steps of up to 0.1 ms. */
const ENOUGH = 20;
/** Runs that one measurement holds at most. */
const MOST_RUNS = 4096;
/** Bytes that no cache of a GPU holds; smaller work takes turns on several sets of tensors. */
const BEYOND_CACHES = 256e6;
const SETS = 4;

/** Milliseconds of work after which a graphics card has left the clock that it idles at, a sixth of its own. */
const AWAKE = 400;

/** Milliseconds of one run of a plan, each measurement holding as many runs as its clock needs. */
async function timedPlan(plan: Plan<unknown>, onGpu: boolean, repeats: Repeats): Promise<Timing> {
	await plan.measure(1);
	let runs = 1;
	while (runs < MOST_RUNS && (await plan.measure(runs)) < ENOUGH) runs *= 4;
	for (let busy = 0; onGpu && busy < AWAKE;) {
		await stillWanted(repeats.signal);
		busy += await plan.measure(runs);
	}
	return timed(async () => (await plan.measure(runs)) / runs, repeats);
}

/** An operation to time. */
interface Work {
	/** Its name in a plan: its version is the one reported, not that of steps around it. */
	readonly op: string;
	/** The tensors that it reads: shape, and how large their numbers are (1 unless told). */
	readonly tensors: Readonly<
		Record<string, Shape | { readonly shape: Shape; readonly scale: number }>
	>;
	build(plan: PlanBuilder, tensors: Readonly<Record<string, Tensor>>): readonly Tensor[];
	/** Numbers that it must read and write at least once. */
	readonly moved?: number;
	/** Floating-point operations. */
	readonly flops?: number;
}

async function speedOf(engine: Engine, work: Work, repeats: Repeats): Promise<OperationSpeed> {
	const shapes = Object.entries(work.tensors).map(([name, given]) => ({
		name,
		shape: 'shape' in given ? given.shape : given,
		scale: 'shape' in given ? given.scale : 1
	}));
	const bytes = shapes.reduce((sum, { shape }) => sum + 4 * elementsOf(shape), 0);
	const onGpu = engine.backend === 'webgpu' && !engine.adapter.software;
	const sets = onGpu && bytes < BEYOND_CACHES ? SETS : 1;
	const all: Tensor[] = [];
	let plan: Plan<unknown> | undefined;
	try {
		const given = Array.from({ length: sets }, () =>
			Object.fromEntries(
				shapes.map(({ name, shape, scale }) => {
					const tensor = filled(engine, shape, scale);
					all.push(tensor);
					return [name, tensor];
				})
			)
		);
		plan = await engine.plan((builder) => {
			for (const tensors of given) work.build(builder, tensors).map((t) => builder.keep(t));
		});
		const timing = await timedPlan(plan, onGpu, repeats);
		const each = (milliseconds: number) => milliseconds / sets;
		const median = each(timing.median);
		return {
			version: versionOf(plan, work.op),
			median,
			fastest: each(timing.fastest),
			slowest: each(timing.slowest),
			repetitions: timing.repetitions,
			...(work.flops !== undefined && { gflops: work.flops / (1e6 * median) }),
			...(work.moved !== undefined && { gigabytes: (4 * work.moved) / (1e6 * median) })
		};
	} finally {
		plan?.destroy();
		for (const tensor of all) engine.free(tensor);
	}
}

function versionOf({ choices, steps }: Plan<unknown>, op: string): string {
	const chosen = choices.find((choice) => choice.op === op)?.taken;
	// Its first steps may only fill with zeros.
	return chosen ?? steps.filter((step) => step.op === op).at(-1)?.version ?? '';
}

/** A plain copy of `numbers` f32: bytes read and bytes written both count. */
export function copySpeed(
	engine: Engine,
	numbers: number,
	repeats: Repeats = {}
): Promise<OperationSpeed> {
	const length = 4 * Math.ceil(numbers / 4);
	return speedOf(
		engine,
		{
			op: 'copy',
			tensors: { x: [length] },
			moved: 2 * length,
			build(plan, { x }) {
				const y = plan.tensor([length], 'copy');
				plan.add({
					op: 'copy',
					version: 'quads',
					reads: [x],
					writes: [y],
					kernel: () => ({
						code: copyCode,
						bindings: [x, y],
						uniform: [length / 4],
						workgroups: [Math.min(Math.ceil(length / 1024), 65535)]
					}),
					cpu: (views) => {
						const [from, to] = [views.f32(x), views.f32(y)];
						return () => to.set(from);
					}
				});
				return [y];
			}
		},
		repeats
	);
}

/** y = x Wᵀ for x (rows, in) and W (out, in). */
export function linearSpeed(
	engine: Engine,
	size: { readonly rows: number; readonly in: number; readonly out: number },
	{
		version,
		norm = false,
		...repeats
	}: Repeats & { readonly version?: LinearVersion; readonly norm?: boolean } = {}
): Promise<OperationSpeed> {
	return speedOf(
		engine,
		{
			op: 'linear',
			tensors: { x: [1, size.rows, size.in], weight: [size.out, size.in], scale: [size.in] },
			flops: 2 * size.rows * size.in * size.out,
			build: (plan, { x, weight, scale }) => [
				linear(plan, {
					x,
					weight,
					version,
					...(norm && { norm: { weight: scale, epsilon: 1e-5 } })
				})
			]
		},
		repeats
	);
}

/** Which way an operation runs: forward alone, or forward and backward with all gradients. */
export type Direction = 'forward' | 'forward and backward';

export interface ScanSize {
	readonly batch: number;
	readonly length: number;
	readonly channels: number;
	readonly states: number;
}

/** The selective scan with skip, gate, Δ bias and softplus. */
export function scanSpeed(
	engine: Engine,
	{ batch, length, channels, states }: ScanSize,
	{
		version,
		direction = 'forward',
		...repeats
	}: Repeats & { readonly version?: ScanVersion; readonly direction?: Direction } = {}
): Promise<OperationSpeed> {
	const sequence = [batch, length, channels];
	const backward = direction === 'forward and backward';
	const moved = 4 * elementsOf(sequence) + 2 * batch * length * states;
	return speedOf(
		engine,
		{
			op: 'selective_scan',
			tensors: {
				x: sequence,
				delta: sequence,
				z: sequence,
				deltaBias: [channels],
				A_log: [channels, states],
				BC: [batch, length, 2 * states],
				D_skip: [channels],
				...(backward && { seed: sequence })
			},
			// Backward: the inputs and dy are read, the gradients of x, Δ, z, B and C are written.
			moved: backward ? moved + 7 * elementsOf(sequence) + 4 * batch * length * states : moved,
			build(plan, { seed, ...tensors }) {
				const { x, delta, z, deltaBias, A_log, BC, D_skip } = tensors;
				const { out } = selectiveScan(plan, {
					...{ x, delta, z, deltaBias, A_log, BC, D_skip },
					deltaSoftplus: true,
					bColumns: [0, states],
					cColumns: [states, 2 * states],
					version
				});
				return seed ? withGradients(plan, out, Object.values(tensors), seed) : [out];
			}
		},
		repeats
	);
}

export interface SsdSize {
	readonly batch: number;
	readonly length: number;
	readonly heads: number;
	readonly headDim: number;
	readonly states: number;
	readonly groups?: number;
}

/** Mamba-2's SSD with skip, Δ bias and softplus. */
export function ssdSpeed(
	engine: Engine,
	{ batch, length, heads, headDim, states, groups = 1 }: SsdSize,
	{ direction = 'forward', ...repeats }: Repeats & { readonly direction?: Direction } = {}
): Promise<OperationSpeed> {
	const x = [batch, length, heads * headDim];
	const backward = direction === 'forward and backward';
	return speedOf(
		engine,
		{
			op: 'ssd',
			tensors: {
				x,
				dt: [batch, length, heads],
				dtBias: [heads],
				A_log: [heads],
				BC: [batch, length, 2 * groups * states],
				D_skip: [heads],
				...(backward && { seed: x })
			},
			moved: batch * length * (2 * heads * headDim + heads + 2 * groups * states),
			build(plan, { seed, ...tensors }) {
				const { x, dt, dtBias, A_log, BC, D_skip } = tensors;
				const out = ssd(plan, {
					...{ x, dt, dtBias, A_log, BC, D_skip },
					dtSoftplus: true,
					bColumns: [0, groups * states],
					cColumns: [groups * states, 2 * groups * states],
					...{ groups, heads, headDim, stateSize: states }
				});
				return seed ? withGradients(plan, out, Object.values(tensors), seed) : [out];
			}
		},
		repeats
	);
}

export interface AttentionSize {
	readonly batch: number;
	readonly length: number;
	readonly heads: number;
	readonly headDim: number;
}

/** Causal attention. The floating-point operations are those of the lower triangle alone. */
export function attentionSpeed(
	engine: Engine,
	{ batch, length, heads, headDim }: AttentionSize,
	{ direction = 'forward', ...repeats }: Repeats & { readonly direction?: Direction } = {}
): Promise<OperationSpeed> {
	const rows = [batch, length, heads * headDim];
	const backward = direction === 'forward and backward';
	// Two products forward; five backward.
	const products = backward ? 7 : 2;
	return speedOf(
		engine,
		{
			op: 'attention',
			tensors: { q: rows, k: rows, v: rows, ...(backward && { seed: rows }) },
			flops: (products * 2 * batch * heads * length * (length + 1) * headDim) / 2,
			build(plan, { seed, q, k, v }) {
				const y = attention(plan, { q, k, v, heads, kvHeads: heads, headDim });
				return seed ? withGradients(plan, y, [q, k, v], seed) : [y];
			}
		},
		repeats
	);
}

export interface ConvolutionSize {
	readonly way: Way;
	readonly length: number;
	readonly channels: number;
	/** Of the recurrence. */
	readonly states: number;
}

/** A time-invariant layer (S4D with real A). The convolutions get their kernel ready-made. */
export function convolutionSpeed(
	engine: Engine,
	{ way, length, channels, states }: ConvolutionSize,
	repeats: Repeats = {}
): Promise<OperationSpeed> {
	const x = [1, length, channels];
	if (way === 'recurrence')
		return speedOf(
			engine,
			{
				op: 's4d_scan',
				tensors: {
					x,
					log_A_real: [channels, states],
					C: [channels, states],
					log_dt: [channels]
				},
				build: (plan, { x, log_A_real, C, log_dt }) => [s4dScan(plan, { x, log_A_real, C, log_dt })]
			},
			repeats
		);
	return speedOf(
		engine,
		{
			op: 'long_conv',
			tensors: { x, kernel: [channels, length] },
			build: (plan, { x, kernel }) => [
				longConv(plan, { x, kernel, version: way === 'sum' ? 'direct' : 'fft' })
			]
		},
		repeats
	);
}

function withGradients(
	plan: PlanBuilder,
	y: Tensor,
	of: readonly Tensor[],
	seed: Tensor
): Tensor[] {
	return [y, ...gradients(plan, y, of, { seed }).values()];
}
