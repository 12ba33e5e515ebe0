// What can be measured, and at which sizes: lines of a table that nothing has filled in yet. No kernel is
// imported here, so that a page can show the lines before it measures them.
import type { Engine } from '#lib/engine/index.ts';
import type { AttentionSize, ConvolutionSize, Direction, ScanSize, SsdSize } from './operations.ts';

/** What can be measured without a model. */
export const OPERATIONS = ['copy', 'matmul', 'scan', 'ssd', 'attention', 'convolution'] as const;
export type OperationName = (typeof OPERATIONS)[number];

export type { ConvolutionSize };

/** A time-invariant layer: its states carried, the sum over all that went before, the Fourier transform. */
export const WAYS = ['recurrence', 'sum', 'fft'] as const;
export type Way = (typeof WAYS)[number];

/** What can be measured of a model, whatever its weights. */
export const MODEL_RUNS = ['prefill', 'decode'] as const;
export type ModelRun = (typeof MODEL_RUNS)[number];

export interface Sizes {
	/** Tokens. */
	readonly prefill: number;
	/** Numbers. */
	readonly copy: number;
	/** Rows and columns. */
	readonly matmul: number;
	readonly scan: readonly ScanSize[];
	readonly scanBackward: readonly ScanSize[];
	readonly ssd: readonly SsdSize[];
	readonly ssdBackward: readonly SsdSize[];
	readonly attention: readonly AttentionSize[];
	readonly attentionBackward: readonly AttentionSize[];
	readonly convolution: readonly ConvolutionSize[];
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
/** One time-invariant layer in its three ways. */
const convolution = (lengths: readonly number[], channels: number): ConvolutionSize[] =>
	lengths.flatMap((length) => WAYS.map((way) => ({ way, length, channels, states: 16 })));
const attention = (length: number, count = 24): AttentionSize => ({
	batch: 1,
	length,
	heads: count,
	headDim: 64
});

/** Sizes of published models, for a graphics card of its own. */
export const LARGE: Sizes = {
	prefill: 1024,
	copy: 2 ** 27,
	matmul: 4096,
	scan: [scan(8, 2048), scan(1, 2048), scan(1, 16384), scan(1, 65536)],
	scanBackward: [scan(8, 2048), scan(1, 16384)],
	ssd: [heads(8, 2048, 24), heads(1, 16384, 24)],
	ssdBackward: [heads(8, 2048, 24)],
	attention: [attention(2048), attention(8192), attention(16384)],
	attentionBackward: [attention(2048)],
	convolution: convolution([1024, 4096, 16384], 768)
};

/** For any graphics chip, a phone's too: no single run may look to a driver as if the device had stopped. */
export const MIDDLE: Sizes = {
	prefill: 256,
	copy: 2 ** 23,
	matmul: 1024,
	scan: [scan(1, 1024), scan(1, 8192)],
	scanBackward: [scan(1, 1024)],
	ssd: [heads(1, 1024, 24)],
	ssdBackward: [heads(1, 1024, 24)],
	attention: [attention(1024), attention(2048)],
	attentionBackward: [attention(1024)],
	convolution: convolution([256, 1024, 4096], 256)
};

/** Sizes of the small models here, for a processor, be it one that imitates a graphics card. */
export const SMALL: Sizes = {
	prefill: 64,
	copy: 2 ** 22,
	matmul: 512,
	scan: [scan(1, 256, 512), scan(1, 1024, 512)],
	scanBackward: [scan(1, 256, 512)],
	ssd: [heads(1, 256, 8)],
	ssdBackward: [heads(1, 256, 8)],
	attention: [attention(256, 4)],
	attentionBackward: [attention(256, 4)],
	convolution: convolution([64, 256, 1024], 64)
};

export const SIZES = { small: SMALL, middle: MIDDLE, large: LARGE } as const;
export type SizesName = keyof typeof SIZES;

export const sizesFor = ({ backend, adapter }: Pick<Engine, 'backend' | 'adapter'>): Sizes =>
	backend === 'webgpu' && !adapter.software ? LARGE : SMALL;

interface Named {
	/** `scan`, `scan forward + backward`, … */
	readonly name: string;
	/** `B 8, L 2048, D 1536, N 16` */
	readonly shape: string;
}

interface Directed<Operation extends OperationName, Size> extends Named {
	readonly operation: Operation;
	readonly size: Size;
	readonly direction: Direction;
}

export interface ModelLine extends Named {
	readonly operation: ModelRun;
	/** Tokens that are read in one pass, or written in one submission. */
	readonly tokens: number;
}

/** A measurement of an operation to be made. */
export type Line =
	| (Named & { readonly operation: 'copy' | 'matmul'; readonly size: number })
	| Directed<'scan', ScanSize>
	| Directed<'ssd', SsdSize>
	| Directed<'attention', AttentionSize>
	| (Named & { readonly operation: 'convolution'; readonly size: ConvolutionSize });

/** The lines of some operations, in the order in which they are measured. */
export function linesOf(names: readonly OperationName[], sizes: Sizes): Line[] {
	return OPERATIONS.filter((name) => names.includes(name)).flatMap((operation): Line[] => {
		switch (operation) {
			case 'copy': {
				const size = sizes.copy;
				return [
					{
						operation,
						name: operation,
						shape: `${Number(((4 * size) / 1e6).toPrecision(3))} MB`,
						size
					}
				];
			}
			case 'matmul': {
				const size = sizes.matmul;
				return [{ operation, name: operation, shape: `${size}³`, size }];
			}
			case 'scan':
				return bothWays(operation, sizes.scan, sizes.scanBackward, scanShape);
			case 'ssd':
				return bothWays(operation, sizes.ssd, sizes.ssdBackward, ssdShape);
			case 'attention':
				return bothWays(operation, sizes.attention, sizes.attentionBackward, attentionShape);
			case 'convolution':
				return sizes.convolution.map((size) => ({
					operation,
					name: `convolution, ${size.way}`,
					shape: `L ${size.length}, D ${size.channels}, N ${size.states}`,
					size
				}));
		}
	});
}

/** Tokens that are written in one submission. */
const GROUP = 8;

/** All lines of a page: the yardsticks, then the model's runs, then the operations. */
export function benchLines(
	names: readonly (OperationName | ModelRun)[],
	sizes: Sizes
): (Line | ModelLine)[] {
	const runs = MODEL_RUNS.filter((run) => names.includes(run)).map((operation): ModelLine => {
		if (operation === 'decode')
			return { operation, name: operation, shape: `${GROUP} tokens`, tokens: GROUP };
		return { operation, name: operation, shape: `L ${sizes.prefill}`, tokens: sizes.prefill };
	});
	const beside = OPERATIONS.filter(
		(name) => name !== 'copy' && name !== 'matmul' && names.includes(name)
	);
	return [...linesOf(['copy', 'matmul'], sizes), ...runs, ...linesOf(beside, sizes)];
}

export const isModelLine = (line: Line | ModelLine): line is ModelLine =>
	line.operation === 'prefill' || line.operation === 'decode';

function bothWays<Operation extends OperationName, Size>(
	operation: Operation,
	forward: readonly Size[],
	backward: readonly Size[],
	shapeOf: (size: Size) => string
): Directed<Operation, Size>[] {
	const line = (size: Size, name: string, direction: Direction) => ({
		operation,
		name,
		shape: shapeOf(size),
		size,
		direction
	});
	return [
		...forward.map((size) => line(size, operation, 'forward')),
		...backward.map((size) => line(size, `${operation} forward + backward`, 'forward and backward'))
	];
}

const scanShape = ({ batch, length, channels, states }: ScanSize) =>
	`B ${batch}, L ${length}, D ${channels}, N ${states}`;
const ssdShape = ({ batch, length, heads, headDim, states }: SsdSize) =>
	`B ${batch}, L ${length}, H ${heads}, P ${headDim}, N ${states}`;
const attentionShape = ({ batch, length, heads, headDim }: AttentionSize) =>
	`B ${batch}, L ${length}, H ${heads}, d ${headDim}`;
