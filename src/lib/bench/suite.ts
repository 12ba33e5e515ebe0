// The suite of measurements, one for the command line and for the page.
import type { Engine } from '#lib/engine/index.ts';
import type { Repeats, Timing } from './measure.ts';
import {
	attentionSpeed,
	copySpeed,
	linearSpeed,
	scanSpeed,
	ssdSpeed,
	type AttentionSize,
	type ScanSize,
	type SsdSize
} from './operations.ts';

/** What can be measured without a model. */
export const OPERATIONS = ['copy', 'matmul', 'scan', 'ssd', 'attention'] as const;
export type OperationName = (typeof OPERATIONS)[number];

/** What was measured: a line of the table. Times are milliseconds. */
export interface Measured extends Timing {
	/** `scan`, `scan backward`, … */
	readonly name: string;
	/** Of what: `8 × 2048 × 1536, N 16`. */
	readonly shape: string;
	readonly version?: string;
	readonly tokensPerSecond?: number;
	/** 10⁹ floating-point operations a second. */
	readonly gflops?: number;
	/** 10⁹ bytes a second of what must be moved at least. */
	readonly gigabytes?: number;
}

/** What the adapter itself reaches, measured beside everything else. */
export interface Rates {
	/** 10⁹ bytes a second of a plain copy, read and written bytes both counted. */
	readonly copyGigabytes: number;
	/** 10⁹ floating-point operations a second of a square matrix product. */
	readonly matmulGflops: number;
}

export interface Sizes {
	readonly copy: number;
	readonly matmul: number;
	readonly scan: readonly ScanSize[];
	readonly scanBackward: readonly ScanSize[];
	readonly ssd: readonly SsdSize[];
	readonly ssdBackward: readonly SsdSize[];
	readonly attention: readonly AttentionSize[];
	readonly attentionBackward: readonly AttentionSize[];
}

const scan = (batch: number, length: number, channels = 1536): ScanSize => ({
	batch,
	length,
	channels,
	states: 16
});
const heads = (batch: number, length: number, count: number): SsdSize => ({
	batch,
	length,
	heads: count,
	headDim: 64,
	states: 64
});

/** Sizes of published models, for a graphics card. */
export const LARGE: Sizes = {
	copy: 2 ** 27,
	matmul: 4096,
	scan: [scan(8, 2048), scan(1, 2048), scan(1, 16384), scan(1, 65536)],
	scanBackward: [scan(8, 2048), scan(1, 16384)],
	ssd: [heads(8, 2048, 24), heads(1, 16384, 24)],
	ssdBackward: [heads(8, 2048, 24)],
	attention: [2048, 8192, 16384].map((length) => ({ batch: 1, length, heads: 24, headDim: 64 })),
	attentionBackward: [{ batch: 1, length: 2048, heads: 24, headDim: 64 }]
};

/** Sizes of the small models here, for a processor, be it one that imitates a graphics card. */
const SMALL: Sizes = {
	copy: 2 ** 22,
	matmul: 512,
	scan: [scan(1, 256, 512), scan(1, 1024, 512)],
	scanBackward: [scan(1, 256, 512)],
	ssd: [heads(1, 256, 8)],
	ssdBackward: [heads(1, 256, 8)],
	attention: [{ batch: 1, length: 256, heads: 4, headDim: 64 }],
	attentionBackward: [{ batch: 1, length: 256, heads: 4, headDim: 64 }]
};

export const sizesFor = ({ backend, adapter }: Pick<Engine, 'backend' | 'adapter'>): Sizes =>
	backend === 'webgpu' && !adapter.software ? LARGE : SMALL;

/** Measure operations, a line as soon as it is known. */
export async function* measureOperations(
	engine: Engine,
	names: readonly OperationName[],
	{ repeats, sizes = sizesFor(engine), signal }: SuiteOptions = {}
): AsyncGenerator<Measured> {
	const line = async (
		name: string,
		shape: string,
		timing: Promise<Omit<Measured, 'name' | 'shape'>>
	): Promise<Measured> => {
		signal?.throwIfAborted();
		return { name, shape, ...(await timing) };
	};
	const backward = { ...repeats, direction: 'forward and backward' } as const;
	if (names.includes('copy'))
		yield line('copy', `${(4 * sizes.copy) / 1e6} MB`, copySpeed(engine, sizes.copy, repeats));
	if (names.includes('matmul')) {
		const n = sizes.matmul;
		yield line('matmul', `${n}³`, linearSpeed(engine, { rows: n, in: n, out: n }, repeats));
	}
	if (names.includes('scan')) {
		for (const size of sizes.scan)
			yield line('scan', scanShape(size), scanSpeed(engine, size, repeats));
		for (const size of sizes.scanBackward)
			yield line('scan forward + backward', scanShape(size), scanSpeed(engine, size, backward));
	}
	if (names.includes('ssd')) {
		for (const size of sizes.ssd)
			yield line('ssd', ssdShape(size), ssdSpeed(engine, size, repeats));
		for (const size of sizes.ssdBackward)
			yield line('ssd forward + backward', ssdShape(size), ssdSpeed(engine, size, backward));
	}
	if (names.includes('attention')) {
		for (const size of sizes.attention)
			yield line('attention', attentionShape(size), attentionSpeed(engine, size, repeats));
		for (const size of sizes.attentionBackward)
			yield line(
				'attention forward + backward',
				attentionShape(size),
				attentionSpeed(engine, size, backward)
			);
	}
}

export interface SuiteOptions {
	readonly repeats?: Repeats;
	readonly sizes?: Sizes;
	readonly signal?: AbortSignal;
}

/** The adapter's own rates, from the lines of `copy` and `matmul`. */
export async function measureRates(engine: Engine, options: SuiteOptions = {}): Promise<Rates> {
	let copyGigabytes = 0;
	let matmulGflops = 0;
	for await (const line of measureOperations(engine, ['copy', 'matmul'], options)) {
		if (line.name === 'copy') copyGigabytes = line.gigabytes ?? 0;
		else matmulGflops = line.gflops ?? 0;
	}
	return { copyGigabytes, matmulGflops };
}

const scanShape = ({ batch, length, channels, states }: ScanSize) =>
	`B ${batch}, L ${length}, D ${channels}, N ${states}`;
const ssdShape = ({ batch, length, heads, headDim, states }: SsdSize) =>
	`B ${batch}, L ${length}, H ${heads}, P ${headDim}, N ${states}`;
const attentionShape = ({ batch, length, heads, headDim }: AttentionSize) =>
	`B ${batch}, L ${length}, H ${heads}, d ${headDim}`;
