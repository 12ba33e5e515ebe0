// How fast single operations run: each once a plan, the plan repeated in one submission, by the device's own clock where it
// has one. Beside them what the device itself can do: copy bandwidth and the rate of a matrix product. An operation is first
// said (`…Work`), then prepared, then timed: a series prepares several and times them in turns.
import { associativeScan, SCAN_VERSIONS } from '#kernels/associative_scan/index.ts';
import { attention, type AttentionVersion } from '#kernels/attention/index.ts';
import { linear, type LinearVersion } from '#kernels/linear/index.ts';
import { longConv } from '#kernels/long_conv/index.ts';
import { s4dScan } from '#kernels/s4d/index.ts';
import { selectiveScan, type Version as ScanVersion } from '#kernels/selective_scan/index.ts';
import { ssd, type Version as SsdVersion } from '#kernels/ssd/index.ts';
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

/** Numbers in [−1, 1) that repeat on every machine: a Weyl sequence. */
function filled(engine: Engine, given: Shape | Whole): Tensor {
	if ('value' in given) {
		const data = new Uint32Array(elementsOf(given.shape)).fill(given.value);
		return engine.tensor(given.shape, { dtype: 'u32', data });
	}
	const data = new Float32Array(elementsOf(given));
	for (let i = 0; i < data.length; i++) data[i] = 2 * ((i * 0.6180339887) % 1) - 1;
	return engine.tensor(given, { data });
}

/** Milliseconds of work that one measurement should hold: device clocks tick in steps of up to 0.1 ms. */
const ENOUGH = 20;
/** Runs that one measurement holds at most. */
const MOST_RUNS = 4096;
/** Bytes that no cache of a GPU holds; smaller work takes turns on several sets of tensors. */
const BEYOND_CACHES = 256e6;
const SETS = 4;

/** Milliseconds of work after which a graphics card has left the clock that it idles at, a sixth of its own. */
export const AWAKE = 400;

/** Milliseconds of one run of a plan, each measurement holding as many runs as its clock needs. */
async function timedPlan(
	plan: Pick<Prepared, 'measure'>,
	onGpu: boolean,
	repeats: Repeats
): Promise<Timing> {
	await plan.measure(1);
	let runs = 1;
	while (runs < MOST_RUNS && (await plan.measure(runs)) < ENOUGH) runs *= 4;
	for (let busy = 0; onGpu && busy < AWAKE;) {
		await stillWanted(repeats.signal);
		busy += await plan.measure(runs);
	}
	return timed(async () => (await plan.measure(runs)) / runs, repeats);
}

/** A tensor of whole numbers, all the same. */
interface Whole {
	readonly shape: Shape;
	readonly value: number;
}

/** An operation to time. */
export interface Work {
	/** Its name in a plan: its version is the one reported, not that of steps around it. */
	readonly op: string;
	/** The tensors that it reads. Numbers lie in [−1, 1) unless told. */
	readonly tensors: Readonly<Record<string, Shape | Whole>>;
	build(plan: PlanBuilder, tensors: Readonly<Record<string, Tensor>>): readonly Tensor[];
	/** Numbers that it must read and write at least once. */
	readonly moved?: number;
	/** Floating-point operations. */
	readonly flops?: number;
}

/** An operation that is ready to run: its tensors are there, its plan is compiled. */
export interface Prepared {
	/** The version that runs. */
	readonly version: string;
	/** Runs of the operation in one run of the plan: small work takes turns on several sets of tensors. */
	readonly sets: number;
	/** Of the tensors that one run reads. */
	readonly inputBytes: number;
	/** Of what one run makes: results and all that lies between. */
	readonly workingBytes: number;
	/** Numbers that one run must read and write at least once. */
	readonly moved?: number;
	/** Floating-point operations of one run. */
	readonly flops?: number;
	/** Milliseconds of `times` runs of the plan. */
	measure(times: number): Promise<number>;
	free(): void;
}

/** Bytes of the tensors that one run of an operation reads. */
export const inputBytesOf = (work: Work): number =>
	Object.values(work.tensors).reduce((sum, given) => sum + 4 * elementsOf(shapeOf(given)), 0);

const shapeOf = (given: Shape | Whole): Shape => ('value' in given ? given.shape : given);

/** Throws an OutOfMemoryError where the device has no room, a ShapeError where no version can do it. */
export async function prepare(engine: Engine, work: Work): Promise<Prepared> {
	const inputBytes = inputBytesOf(work);
	const onCard = engine.backend === 'webgpu' && !engine.adapter.software;
	const sets = onCard && inputBytes < BEYOND_CACHES ? SETS : 1;
	const all: Tensor[] = [];
	const freeAll = () => {
		for (const tensor of all) engine.free(tensor);
	};
	try {
		const given = Array.from({ length: sets }, () =>
			Object.fromEntries(
				Object.entries(work.tensors).map(([name, one]) => {
					const tensor = filled(engine, one);
					all.push(tensor);
					return [name, tensor];
				})
			)
		);
		const planOf = (some: typeof given) =>
			engine.plan((builder) => {
				for (const tensors of some) work.build(builder, tensors).map((t) => builder.keep(t));
			});
		// One run alone says what it needs.
		const alone = await planOf(given.slice(0, 1));
		const { bytes } = alone;
		if (sets > 1) alone.destroy();
		const plan = sets > 1 ? await planOf(given) : alone;
		return {
			version: versionOf(plan, work.op),
			sets,
			inputBytes,
			workingBytes: bytes,
			...(work.moved !== undefined && { moved: work.moved }),
			...(work.flops !== undefined && { flops: work.flops }),
			measure: (times) => plan.measure(times),
			free() {
				plan.destroy();
				freeAll();
			}
		};
	} catch (error) {
		freeAll();
		throw error;
	}
}

/** Rates of an operation that takes so many milliseconds. */
export const ratesAt = (
	{ moved, flops }: Pick<Prepared, 'moved' | 'flops'>,
	milliseconds: number
): Pick<OperationSpeed, 'gflops' | 'gigabytes'> => ({
	...(flops !== undefined && { gflops: flops / (1e6 * milliseconds) }),
	...(moved !== undefined && { gigabytes: (4 * moved) / (1e6 * milliseconds) })
});

async function speedOf(engine: Engine, work: Work, repeats: Repeats): Promise<OperationSpeed> {
	const onCard = engine.backend === 'webgpu' && !engine.adapter.software;
	const prepared = await prepare(engine, work);
	try {
		const timing = await timedPlan(prepared, onCard, repeats);
		const each = (milliseconds: number) => milliseconds / prepared.sets;
		const median = each(timing.median);
		return {
			version: prepared.version,
			median,
			fastest: each(timing.fastest),
			slowest: each(timing.slowest),
			repetitions: timing.repetitions,
			...ratesAt(prepared, median)
		};
	} finally {
		prepared.free();
	}
}

function versionOf({ choices, steps }: Plan<unknown>, op: string): string {
	const chosen = choices.find((choice) => choice.op === op)?.taken;
	// Its first steps may only fill with zeros.
	return chosen ?? steps.filter((step) => step.op === op).at(-1)?.version ?? '';
}

/** A plain copy of `numbers` f32: bytes read and bytes written both count. */
export function copyWork(numbers: number): Work {
	const length = 4 * Math.ceil(numbers / 4);
	return {
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
	};
}

export const copySpeed = (
	engine: Engine,
	numbers: number,
	repeats: Repeats = {}
): Promise<OperationSpeed> => speedOf(engine, copyWork(numbers), repeats);

export interface LinearSize {
	readonly rows: number;
	readonly in: number;
	readonly out: number;
}

/** y = x Wᵀ for x (rows, in) and W (out, in). */
export const linearWork = (
	size: LinearSize,
	{ version, norm = false }: { readonly version?: LinearVersion; readonly norm?: boolean } = {}
): Work => ({
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
});

export const linearSpeed = (
	engine: Engine,
	size: LinearSize,
	{ version, norm, ...repeats }: Repeats & { version?: LinearVersion; norm?: boolean } = {}
): Promise<OperationSpeed> => speedOf(engine, linearWork(size, { version, norm }), repeats);

/** Which way an operation runs: forward alone, or forward and backward with all gradients. */
export type Direction = 'forward' | 'forward and backward';

export interface ScanSize {
	readonly batch: number;
	readonly length: number;
	readonly channels: number;
	readonly states: number;
}

export interface How<Version extends string> {
	readonly version?: Version | undefined;
	readonly direction?: Direction | undefined;
	/** The state comes from the tokens before and is handed on: what a step of decoding does. Forward alone. */
	readonly carried?: boolean | undefined;
}

/** The selective scan with skip, gate, Δ bias and softplus. */
export function scanWork(
	{ batch, length, channels, states }: ScanSize,
	{ version, direction = 'forward', carried = false }: How<ScanVersion> = {}
): Work {
	const sequence = [batch, length, channels];
	const backward = direction === 'forward and backward';
	const forth = 4 * elementsOf(sequence) + 2 * batch * length * states;
	const handed = carried ? 2 * batch * channels * states : 0;
	return {
		op: 'selective_scan',
		tensors: {
			x: sequence,
			delta: sequence,
			z: sequence,
			deltaBias: [channels],
			A_log: [channels, states],
			BC: [batch, length, 2 * states],
			D_skip: [channels],
			...(carried && { state: [batch, channels, states] }),
			...(backward && { seed: sequence })
		},
		// Backward: the inputs and dy are read, the gradients of x, Δ, z, B and C are written.
		moved: forth + handed + (backward ? 7 * elementsOf(sequence) + 4 * batch * length * states : 0),
		build(plan, { seed, state, ...tensors }) {
			const { x, delta, z, deltaBias, A_log, BC, D_skip } = tensors;
			const { out } = selectiveScan(plan, {
				...{ x, delta, z, deltaBias, A_log, BC, D_skip, state },
				deltaSoftplus: true,
				bColumns: [0, states],
				cColumns: [states, 2 * states],
				version
			});
			return seed ? withGradients(plan, out, Object.values(tensors), seed) : [out];
		}
	};
}

export const scanSpeed = (
	engine: Engine,
	size: ScanSize,
	{ version, direction, ...repeats }: Repeats & How<ScanVersion> = {}
): Promise<OperationSpeed> => speedOf(engine, scanWork(size, { version, direction }), repeats);

export interface SsdSize {
	readonly batch: number;
	readonly length: number;
	readonly heads: number;
	readonly headDim: number;
	readonly states: number;
	readonly groups?: number;
}

/** Mamba-2's SSD with skip, Δ bias and softplus. */
export function ssdWork(
	{ batch, length, heads, headDim, states, groups = 1 }: SsdSize,
	{ version, direction = 'forward', carried = false }: How<SsdVersion> = {}
): Work {
	const x = [batch, length, heads * headDim];
	const backward = direction === 'forward and backward';
	const handed = carried ? 2 * batch * heads * headDim * states : 0;
	return {
		op: 'ssd',
		tensors: {
			x,
			dt: [batch, length, heads],
			dtBias: [heads],
			A_log: [heads],
			BC: [batch, length, 2 * groups * states],
			D_skip: [heads],
			...(carried && { state: [batch, heads, headDim, states] }),
			...(backward && { seed: x })
		},
		moved: batch * length * (2 * heads * headDim + heads + 2 * groups * states) + handed,
		build(plan, { seed, state, ...tensors }) {
			const { x, dt, dtBias, A_log, BC, D_skip } = tensors;
			const out = ssd(plan, {
				...{ x, dt, dtBias, A_log, BC, D_skip, state },
				dtSoftplus: true,
				bColumns: [0, groups * states],
				cColumns: [groups * states, 2 * groups * states],
				...{ groups, heads, headDim, stateSize: states },
				version
			});
			return seed ? withGradients(plan, out, Object.values(tensors), seed) : [out];
		}
	};
}

export const ssdSpeed = (
	engine: Engine,
	size: SsdSize,
	{ version, direction, ...repeats }: Repeats & How<SsdVersion> = {}
): Promise<OperationSpeed> => speedOf(engine, ssdWork(size, { version, direction }), repeats);

export interface AttentionSize {
	readonly batch: number;
	readonly length: number;
	readonly heads: number;
	readonly headDim: number;
}

/**
 * Causal attention. The floating-point operations are those of the lower triangle alone. Carried: one new token with a cache that
 * holds it and the length − 1 before it.
 */
export function attentionWork(
	{ batch, length, heads, headDim }: AttentionSize,
	{ version, direction = 'forward', carried = false }: How<AttentionVersion> = {}
): Work {
	const width = heads * headDim;
	if (carried) {
		const row = [batch, 1, width];
		const cache = [batch, length, width];
		return {
			op: 'attention',
			tensors: {
				...{ q: row, k: row, v: row, keys: cache, values: cache },
				position: { shape: [1], value: length - 1 }
			},
			flops: 4 * batch * heads * length * headDim,
			moved: 2 * elementsOf(cache) + 4 * elementsOf(row),
			build: (plan, { q, k, v, keys, values, position }) => [
				attention(plan, {
					...{ q, k, v, heads, kvHeads: heads, headDim, version },
					cache: { k: keys, v: values, position }
				})
			]
		};
	}
	const rows = [batch, length, width];
	const backward = direction === 'forward and backward';
	// Two products forward; five backward.
	const products = backward ? 7 : 2;
	return {
		op: 'attention',
		tensors: { q: rows, k: rows, v: rows, ...(backward && { seed: rows }) },
		flops: (products * 2 * batch * heads * length * (length + 1) * headDim) / 2,
		build(plan, { seed, q, k, v }) {
			const y = attention(plan, { q, k, v, heads, kvHeads: heads, headDim, version });
			return seed ? withGradients(plan, y, [q, k, v], seed) : [y];
		}
	};
}

export const attentionSpeed = (
	engine: Engine,
	size: AttentionSize,
	{ version, direction, ...repeats }: Repeats & How<AttentionVersion> = {}
): Promise<OperationSpeed> => speedOf(engine, attentionWork(size, { version, direction }), repeats);

export interface AssociativeScanSize {
	readonly batch: number;
	readonly length: number;
	readonly channels: number;
}

export type AssociativeScanVersion = (typeof SCAN_VERSIONS)[number];

/** The scan h_t = a_t h_{t−1} + b_t by itself: a and b are read, h is written. */
export function associativeScanWork(
	{ batch, length, channels }: AssociativeScanSize,
	{ version, direction = 'forward' }: How<AssociativeScanVersion> = {}
): Work {
	const shape = [batch, length, channels];
	const backward = direction === 'forward and backward';
	return {
		op: 'associative_scan',
		tensors: { a: shape, b: shape, ...(backward && { seed: shape }) },
		moved: (backward ? 7 : 3) * elementsOf(shape),
		build(plan, { seed, a, b }) {
			const h = associativeScan(plan, { a, b, version });
			return seed ? withGradients(plan, h, [a, b], seed) : [h];
		}
	};
}

export interface ConvolutionSize {
	readonly way: Way;
	readonly length: number;
	readonly channels: number;
	/** Of the recurrence. */
	readonly states: number;
}

/** A time-invariant layer (S4D with real A). The convolutions get their kernel ready-made. */
export function convolutionWork({ way, length, channels, states }: ConvolutionSize): Work {
	const x = [1, length, channels];
	if (way === 'recurrence')
		return {
			op: 's4d_scan',
			tensors: {
				x,
				log_A_real: [channels, states],
				C: [channels, states],
				log_dt: [channels]
			},
			build: (plan, { x, log_A_real, C, log_dt }) => [s4dScan(plan, { x, log_A_real, C, log_dt })]
		};
	return {
		op: 'long_conv',
		tensors: { x, kernel: [channels, length] },
		build: (plan, { x, kernel }) => [
			longConv(plan, { x, kernel, version: way === 'sum' ? 'direct' : 'fft' })
		]
	};
}

export const convolutionSpeed = (
	engine: Engine,
	size: ConvolutionSize,
	repeats: Repeats = {}
): Promise<OperationSpeed> => speedOf(engine, convolutionWork(size), repeats);

function withGradients(
	plan: PlanBuilder,
	y: Tensor,
	of: readonly Tensor[],
	seed: Tensor
): Tensor[] {
	return [y, ...gradients(plan, y, of, { seed }).values()];
}
