// What a series can be made of: operations as in sizes.ts, each at one shape, with the version of its kernel pinned or not, and
// what is plain arithmetic of measuring them honestly. No kernel is imported here, so that a page can show its cases first.
import type {
	AssociativeScanSize,
	AssociativeScanVersion,
	AttentionSize,
	ConvolutionSize,
	Direction,
	ScanSize,
	SsdSize
} from './operations.ts';
import type { Adapter, Backend } from '#lib/engine/types.ts';
import type { AttentionVersion } from '#kernels/attention/index.ts';
import type { Version as ScanVersion } from '#kernels/selective_scan/index.ts';
import type { Version as SsdVersion } from '#kernels/ssd/index.ts';
import type { Line, SizesName } from './sizes.ts';

export type {
	AssociativeScanSize,
	AssociativeScanVersion,
	AttentionVersion,
	ScanVersion,
	SsdVersion
};

/** One new token with all that was kept of the length − 1 before it: a state, or keys and values. */
interface Step<Operation extends string, Size> {
	readonly operation: Operation;
	readonly name: string;
	readonly shape: string;
	readonly size: Size;
}

/** A measurement to be made. */
export type Case = (
	| Line
	| (Step<'associative scan', AssociativeScanSize> & { readonly direction: Direction })
	| Step<'scan step', ScanSize>
	| Step<'ssd step', SsdSize>
	| Step<'attention step', AttentionSize>
) & {
	/** The version of the kernel; the one that this device would take unless told. */
	readonly version?: string;
	/** Cases of one curve grow. Once a run of one takes too long, the later ones are not begun. */
	readonly curve?: string;
};

interface Of<Version extends string> {
	readonly version?: Version;
	readonly direction?: Direction;
	readonly curve?: string;
}

const named = (operation: string, direction: Direction) =>
	direction === 'forward' ? operation : `${operation} forward + backward`;

const pinned = ({ version, curve }: Of<string>) => ({
	...(version !== undefined && { version }),
	...(curve !== undefined && { curve })
});

/** A plain copy of so many f32. */
export const copyCase = (numbers: number): Case => ({
	operation: 'copy',
	name: 'copy',
	shape: `${Number(((4 * numbers) / 1e6).toPrecision(3))} MB`,
	size: numbers
});

/** A product of two square matrices. */
export const matmulCase = (side: number): Case => ({
	operation: 'matmul',
	name: 'matmul',
	shape: `${side}³`,
	size: side
});

export function scanCase(size: ScanSize, of: Of<ScanVersion> = {}): Case {
	const { direction = 'forward' } = of;
	const name = named('scan', direction);
	return { operation: 'scan', name, shape: scanShape(size), size, direction, ...pinned(of) };
}

export function ssdCase(size: SsdSize, of: Of<SsdVersion> = {}): Case {
	const { direction = 'forward' } = of;
	const name = named('ssd', direction);
	return { operation: 'ssd', name, shape: ssdShape(size), size, direction, ...pinned(of) };
}

export function attentionCase(size: AttentionSize, of: Of<AttentionVersion> = {}): Case {
	const { direction = 'forward' } = of;
	const name = named('attention', direction);
	const shape = attentionShape(size);
	return { operation: 'attention', name, shape, size, direction, ...pinned(of) };
}

export function associativeScanCase(
	size: AssociativeScanSize,
	of: Of<AssociativeScanVersion> = {}
): Case {
	const { direction = 'forward' } = of;
	const name = named('associative scan', direction);
	const shape = `B ${size.batch}, L ${size.length}, D ${size.channels}`;
	return { operation: 'associative scan', name, shape, size, direction, ...pinned(of) };
}

export const convolutionCase = (size: ConvolutionSize, of: Of<never> = {}): Case => ({
	operation: 'convolution',
	name: `convolution, ${size.way}`,
	shape: `L ${size.length}, D ${size.channels}, N ${size.states}`,
	size,
	...pinned(of)
});

/** One token of the scan. Its length says after how many others; the work does not depend on it. */
export const scanStepCase = (size: ScanSize, of: Of<ScanVersion> = {}): Case => ({
	operation: 'scan step',
	name: 'scan step',
	shape: scanShape(size),
	size,
	...pinned(of)
});

/** One token of SSD. Its length says after how many others; the work does not depend on it. */
export const ssdStepCase = (size: SsdSize, of: Of<SsdVersion> = {}): Case => ({
	operation: 'ssd step',
	name: 'ssd step',
	shape: ssdShape(size),
	size,
	...pinned(of)
});

/** One token of attention, its cache of keys and values `length` long. */
export const attentionStepCase = (size: AttentionSize, of: Of<AttentionVersion> = {}): Case => ({
	operation: 'attention step',
	name: 'attention step',
	shape: attentionShape(size),
	size,
	...pinned(of)
});

const scanShape = ({ batch, length, channels, states }: ScanSize) =>
	`B ${batch}, L ${length}, D ${channels}, N ${states}`;
const ssdShape = ({ batch, length, heads, headDim, states }: SsdSize) =>
	`B ${batch}, L ${length}, H ${heads}, P ${headDim}, N ${states}`;
const attentionShape = ({ batch, length, heads, headDim }: AttentionSize) =>
	`B ${batch}, L ${length}, H ${heads}, d ${headDim}`;

/** The sizes that suit a device: small ones where the processor does the work, be it in a GPU's name. */
export const sizesNameFor = ({
	backend,
	software
}: {
	readonly backend: Backend;
	readonly software: boolean;
}): SizesName => (backend === 'webgpu' && !software ? 'middle' : 'small');

/** What one case came to. Times are milliseconds of one run. */
export type SeriesRow = {
	/** Its place in the list of cases. */
	readonly index: number;
	readonly name: string;
	readonly shape: string;
} & (
	| {
			readonly outcome: 'measured';
			/** The version that ran. */
			readonly version: string;
			readonly median: number;
			readonly fastest: number;
			readonly slowest: number;
			/** Timings that the median is of. */
			readonly repetitions: number;
			/** Runs within one timing. */
			readonly runs: number;
			/** Ticks of the clock that the shortest timing spans. */
			readonly ticks: number;
			/** Bytes of what one run reads. */
			readonly inputBytes: number;
			/** Bytes of what one run makes: results, and all that the version keeps between its steps. */
			readonly workingBytes: number;
			readonly gflops?: number;
			readonly gigabytes?: number;
			/** Timings that were dropped because the page was hidden meanwhile. */
			readonly dropped: number;
			/** The machine was markedly slower here than at its best in this series. */
			readonly throttled: boolean;
	  }
	| {
			/** No room; no such version here; a smaller one took too long already; no time left; the device went. */
			readonly outcome: 'memory' | 'refused' | 'long' | 'time' | 'lost';
			readonly reason: string;
	  }
);
export type MeasuredRow = Extract<SeriesRow, { outcome: 'measured' }>;

/** A series as it was measured, with all that it takes to judge it. */
export interface Series {
	readonly date: string;
	readonly backend: Backend;
	readonly adapter: string;
	/** A GPU that the processor imitates. */
	readonly software: boolean;
	readonly cores: number | null;
	readonly browser: string | null;
	/** Fingerprint of the kernels. */
	readonly kernels: string;
	/** The device's own clock, or the page's around the work. */
	readonly clock: 'device' | 'page';
	/** Milliseconds: the smallest difference that the clock showed. */
	readonly tick: number;
	/** Seconds that all of it took. */
	readonly seconds: number;
	readonly throttled: boolean;
	readonly dropped: number;
	/** One for each case, in their order. */
	readonly rows: readonly SeriesRow[];
}

/** Sent as a series goes on. */
export interface SeriesProgress {
	/** Cases that are done with. */
	readonly done: number;
	readonly of: number;
	/** 0 to 1, of the timings to be made. */
	readonly share: number;
	/** The case at hand. */
	readonly name: string;
	readonly shape: string;
	/** The page is hidden, and the series waits. */
	readonly waiting?: boolean;
	/** A case that is done with. */
	readonly row?: SeriesRow;
}

export interface SeriesRequest {
	readonly cases: readonly Case[];
	readonly backend?: 'auto' | Backend;
	/** Timings of each case; 7 on a graphics card and 5 elsewhere unless told. */
	readonly rounds?: number;
	/** Seconds after which no further case is begun. No end unless told. */
	readonly budget?: number;
}

/** Ticks of the clock that a timing must span, for an error of at most 5 %. */
export const TICKS = 20;
/** Milliseconds that a timing must span besides: a submission has its own cost. */
export const LEAST = { device: 4, page: 10 } as const;

/** Milliseconds that one timing has to span. */
export const spanFor = (clock: Series['clock'], tick: number): number =>
	Math.max(TICKS * tick, LEAST[clock]);

/** Differences of less are rounding, in milliseconds. */
const ROUNDING = 1e-6;

/** The tick of a clock: the smallest step between any two of these readings, 0 where they are all the same. */
export function tickFrom(readings: readonly number[]): number {
	const sorted = [...readings].sort((a, b) => a - b);
	let tick = Infinity;
	for (let i = 1; i < sorted.length; i++) {
		const step = sorted[i] - sorted[i - 1];
		if (step > ROUNDING && step < tick) tick = step;
	}
	return Number.isFinite(tick) ? tick : 0;
}

/** Runs that make one timing span what it must, judged by how long so many runs took; a fifth more, since times scatter. */
export function runsFor(
	span: number,
	{ runs, took }: { runs: number; took: number },
	most: number
) {
	if (took >= span) return runs;
	const wanted = took > 0 ? Math.ceil((1.2 * runs * span) / took) : 8 * runs;
	// A first timing may lie; grow by steps.
	return Math.min(most, Math.max(runs + 1, Math.min(wanted, 8 * runs)));
}

/** Timings of a case that takes so many milliseconds each: fewer where they are long, so that none takes it all. */
export const roundsFor = (milliseconds: number, rounds: number, each: number): number =>
	Math.max(1, Math.min(rounds, Math.floor(each / Math.max(milliseconds, 1e-9))));

/**
 * The order of timings: every round visits each case that still wants one, beginning one further on than the round before, so
 * that a device that warms up or slows down favours none, and none always follows the same other one.
 * @param wants timings that each case wants
 */
export function interleaved(wants: readonly number[]): number[] {
	const order: number[] = [];
	const rounds = Math.max(0, ...wants);
	for (let round = 0; round < rounds; round++)
		for (let i = 0; i < wants.length; i++) {
			const at = (i + round) % wants.length;
			if (wants[at] > round) order.push(at);
		}
	return order;
}

/** So many times slower than at its best, a machine is called throttled. */
const THROTTLED = 1.3;

/** Of groups of cases, by the median times of one and the same small task beside each: which ran while the machine was slow? */
export function throttledGroups(beside: readonly number[]): boolean[] {
	const best = Math.min(...beside);
	return beside.map((time) => time > THROTTLED * best);
}

/** What is measured, in words of a device. */
export type Device = Pick<Series, 'backend' | 'software'> & Partial<Pick<Adapter, 'name'>>;

/** Is this row a measurement? */
export const isMeasured = (row: SeriesRow): row is MeasuredRow => row.outcome === 'measured';
