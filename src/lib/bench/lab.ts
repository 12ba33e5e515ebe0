// The lab's sweep: attention against scan at one width, over lengths, and what a run of it is kept as. No kernel is imported here.
import {
	attentionCase,
	attentionStepCase,
	copyCase,
	isMeasured,
	matmulCase,
	scanCase,
	scanStepCase,
	ssdCase,
	ssdStepCase,
	type Case,
	type Series,
	type SeriesRow
} from './cases.ts';
import {
	attentionCount,
	attentionStepCount,
	scanCount,
	scanStepCount,
	ssdCount,
	ssdStepCount,
	type Counted,
	type Rates
} from './counts.ts';
import type { Backend } from '#lib/engine/types.ts';

/** Read a text in one pass, or write one more token after it. */
export const MODES = ['prefill', 'decode'] as const;
export type Mode = (typeof MODES)[number];

export interface LabSettings {
	readonly mode: Mode;
	/** Lengths: powers of two, both included. */
	readonly from: number;
	readonly to: number;
	/** Channels of the scan, and heads times their size. */
	readonly width: number;
	/** Numbers of state for each channel, of the scan and of SSD. */
	readonly states: number;
	/** Of attention and of SSD. */
	readonly heads: number;
}

export const CURVES = [
	'attention-materialised',
	'attention-row',
	'attention-tiled',
	'attention-step',
	'scan-materialised',
	'scan-fused',
	'scan-chunked',
	'scan-step',
	'ssd',
	'ssd-step'
] as const;
export type CurveName = (typeof CURVES)[number];

export type Family = 'attention' | 'scan' | 'ssd';
export const familyOf = (curve: CurveName): Family => curve.split('-')[0] as Family;

/** Keys from which the wider tiles are the faster ones. */
const WIDE_FROM = 4096;
/** States that a thread of the fastest scan holds at most. */
const MOST_AHEAD = 16;

/** Versions that one curve of the lab is made of. */
const tiledAt = (length: number) => (length >= WIDE_FROM ? 'flash_wide' : 'flash');
const chunkedFor = (states: number) => (states <= MOST_AHEAD ? 'ahead' : 'chunked');

/** Curves of a mode that a backend has. The processor knows neither tiles nor chunks. */
export function curvesOf(mode: Mode, backend: Backend): readonly CurveName[] {
	if (mode === 'decode') return ['attention-step', 'scan-step', 'ssd-step'];
	return backend === 'cpu'
		? ['attention-materialised', 'attention-row', 'scan-fused', 'ssd']
		: [
				'attention-materialised',
				'attention-row',
				'attention-tiled',
				'scan-materialised',
				'scan-fused',
				'scan-chunked',
				'ssd'
			];
}

export const lengthsOf = ({ from, to }: Pick<LabSettings, 'from' | 'to'>): number[] => {
	const lengths: number[] = [];
	for (let length = from; length <= to; length *= 2) lengths.push(length);
	return lengths;
};

const sizesAt = ({ width, states, heads }: LabSettings, length: number) => ({
	scan: { batch: 1, length, channels: width, states },
	ssd: { batch: 1, length, heads, headDim: width / heads, states },
	attention: { batch: 1, length, heads, headDim: width / heads }
});

function caseOf(settings: LabSettings, curve: CurveName, length: number, backend: Backend): Case {
	const { scan, ssd, attention } = sizesAt(settings, length);
	switch (curve) {
		case 'attention-materialised':
			return attentionCase(attention, { curve, version: 'materialised' });
		case 'attention-row':
			return attentionCase(attention, { curve, version: 'row' });
		case 'attention-tiled':
			return attentionCase(attention, { curve, version: tiledAt(length) });
		case 'attention-step':
			return attentionStepCase(attention, { curve });
		case 'scan-materialised':
			return scanCase(scan, { curve, version: 'materialised' });
		case 'scan-fused':
			return scanCase(scan, { curve, version: 'sequential' });
		case 'scan-chunked':
			return scanCase(scan, { curve, version: chunkedFor(settings.states) });
		case 'scan-step':
			return scanStepCase(scan, { curve });
		case 'ssd':
			return ssdCase(ssd, { curve, version: backend === 'cpu' ? 'recurrent' : 'chunked' });
		case 'ssd-step':
			return ssdStepCase(ssd, { curve });
	}
}

/** What the algorithm of a curve asks for at a length. */
export function countOf(
	settings: LabSettings,
	curve: CurveName,
	length: number,
	backend: Backend
): Counted {
	const { scan, ssd, attention } = sizesAt(settings, length);
	switch (curve) {
		case 'attention-materialised':
			return attentionCount(attention, 'materialised');
		case 'attention-row':
			return attentionCount(attention, 'row');
		case 'attention-tiled':
			return attentionCount(attention, tiledAt(length));
		case 'attention-step':
			return attentionStepCount(attention);
		case 'scan-materialised':
			return scanCount(scan, 'materialised');
		case 'scan-fused':
			return scanCount(scan, 'sequential');
		case 'scan-chunked':
			return scanCount(scan, chunkedFor(settings.states));
		case 'scan-step':
			return scanStepCount(scan);
		case 'ssd':
			return ssdCount(ssd, backend === 'cpu' ? 'recurrent' : 'chunked');
		case 'ssd-step':
			return ssdStepCount(ssd);
	}
}

/** One case of a sweep: which curve, at which length; null for a yardstick. */
export interface Planned {
	readonly curve: CurveName | null;
	readonly length: number;
	readonly made: Case;
}

/** Numbers of the copy, and side of the product, whose rates the predictions take. */
export const YARDSTICKS: Readonly<Record<LabSizes, { copy: number; matmul: number }>> = {
	tiny: { copy: 2 ** 14, matmul: 64 },
	small: { copy: 2 ** 22, matmul: 512 },
	middle: { copy: 2 ** 24, matmul: 1024 },
	large: { copy: 2 ** 27, matmul: 4096 }
};

/** All cases of a sweep: the yardsticks, then length after length, so that what is compared is measured side by side. */
export function plannedOf(settings: LabSettings, backend: Backend, sizes: LabSizes): Planned[] {
	const { copy, matmul } = YARDSTICKS[sizes];
	return [
		{ curve: null, length: 0, made: copyCase(copy) },
		{ curve: null, length: 0, made: matmulCase(matmul) },
		...lengthsOf(settings).flatMap((length) =>
			curvesOf(settings.mode, backend).map((curve) => ({
				...{ curve, length },
				made: caseOf(settings, curve, length, backend)
			}))
		)
	];
}

export const LAB_SIZES = ['tiny', 'small', 'middle', 'large'] as const;
export type LabSizes = (typeof LAB_SIZES)[number];

/** Settings that suit a device; `tiny` shows in seconds that all of it works. */
export const SETTINGS: Readonly<Record<LabSizes, Omit<LabSettings, 'mode'>>> = {
	tiny: { from: 16, to: 64, width: 32, states: 4, heads: 2 },
	small: { from: 32, to: 1024, width: 256, states: 16, heads: 4 },
	middle: { from: 128, to: 8192, width: 768, states: 16, heads: 12 },
	large: { from: 128, to: 65536, width: 1536, states: 16, heads: 24 }
};

/** Where a device without a card of its own would wait too long. */
export const sizesOfDevice = (device: {
	readonly backend: Backend;
	readonly software: boolean;
}): LabSizes => (device.backend === 'webgpu' && !device.software ? 'middle' : 'small');

/** A place of a curve, as it is kept and drawn. Times are milliseconds. */
export type LabPoint = {
	readonly curve: CurveName;
	readonly length: number;
} & (
	| {
			readonly outcome: 'measured';
			readonly version: string;
			readonly median: number;
			readonly fastest: number;
			readonly slowest: number;
			readonly repetitions: number;
			readonly ticks: number;
			/** Bytes of what one run reads and makes. */
			readonly bytes: number;
			readonly throttled?: boolean;
	  }
	| { readonly outcome: 'memory' | 'refused' | 'long' | 'time' | 'lost'; readonly reason: string }
);
export type MeasuredPoint = Extract<LabPoint, { outcome: 'measured' }>;

export const isMeasuredPoint = (point: LabPoint): point is MeasuredPoint =>
	point.outcome === 'measured';

/** A number as it is kept: five digits are finer than any of these measurements. */
const kept = (value: number) => Number(value.toPrecision(5));

/** The point that a row fills; null for a yardstick. */
export function pointOf({ curve, length }: Planned, row: SeriesRow): LabPoint | null {
	if (!curve) return null;
	if (!isMeasured(row)) return { curve, length, outcome: row.outcome, reason: row.reason };
	const { version, median, fastest, slowest, repetitions, ticks, throttled } = row;
	return {
		...{ curve, length, outcome: 'measured', version },
		...{ median: kept(median), fastest: kept(fastest), slowest: kept(slowest) },
		...{ repetitions, ticks, bytes: row.inputBytes + row.workingBytes },
		...(throttled && { throttled })
	};
}

/** The device's own rates, from the rows of the yardsticks; null where one failed. */
export function ratesIn(planned: readonly Planned[], rows: readonly SeriesRow[]): Rates | null {
	const of = (name: string) =>
		rows.find(({ index }) => !planned[index].curve && planned[index].made.name === name);
	const [copied, multiplied] = [of('copy'), of('matmul')];
	if (!copied || !multiplied || !isMeasured(copied) || !isMeasured(multiplied)) return null;
	if (!copied.gigabytes || !multiplied.gflops) return null;
	return { copyGigabytes: kept(copied.gigabytes), matmulGflops: kept(multiplied.gflops) };
}

/** A sweep as it was measured. */
export interface Sweep {
	readonly settings: LabSettings;
	readonly rates: Rates | null;
	readonly points: readonly LabPoint[];
	readonly clock: Series['clock'];
	/** Milliseconds. */
	readonly tick: number;
	readonly seconds: number;
	readonly throttled: boolean;
	readonly dropped: number;
}

export function sweepOf(settings: LabSettings, planned: readonly Planned[], series: Series): Sweep {
	const { rows, clock, tick, seconds, throttled, dropped } = series;
	return {
		settings,
		rates: ratesIn(planned, rows),
		points: rows.flatMap((row) => pointOf(planned[row.index], row) ?? []),
		...{ clock, tick: kept(tick), seconds: kept(seconds), throttled, dropped }
	};
}

/** A whole model's time for one more token, after so many. */
export interface ModelPoint {
	/** As in MODEL_PAIRS. */
	readonly model: string;
	readonly context: number;
	/** Milliseconds. */
	readonly median: number;
	readonly fastest: number;
	readonly slowest: number;
	readonly repetitions: number;
}

/** A run of the lab: on which machine, when, how, and what came of it. */
export interface LabRun {
	readonly format: 1;
	/** As `Date.toISOString` writes it. */
	readonly date: string;
	readonly adapter: string;
	readonly backend: Backend;
	readonly software: boolean;
	/** In words, where somebody said so. */
	readonly hardware: string;
	/** The command that made it; empty for a run in a page. */
	readonly command: string;
	readonly browser: string | null;
	readonly kernels: string;
	readonly sweeps: readonly Sweep[];
	readonly models: readonly ModelPoint[];
}

/** About how long a sweep takes, in seconds; it ends by itself at its budget. */
export function secondsFor(
	planned: readonly Planned[],
	settings: LabSettings,
	device: { readonly backend: Backend; readonly software: boolean },
	rates: Rates | null
): number {
	const card = device.backend === 'webgpu' && !device.software;
	// Where nothing was measured yet: rates that such devices hardly fall short of.
	const own = rates ?? (card ? FAST : device.software ? SLOWEST : SLOW);
	const [rounds, each, setUp] = card ? [7, 2, 0.5] : [5, 1.5, device.software ? 1.2 : 0.15];
	let seconds = 1;
	for (const { curve, length } of planned) {
		const count = curve && countOf(settings, curve, length, device.backend);
		// Kernels do not reach what a product does; a third of it is a fair guess.
		const once = count
			? (3 * count.operations) / (1e9 * own.matmulGflops) + count.bytes / (1e9 * own.copyGigabytes)
			: 0.02;
		seconds += setUp + Math.min(each, (rounds + 3) * Math.max(once, 0.01)) + once;
	}
	return seconds;
}
const FAST: Rates = { copyGigabytes: 20, matmulGflops: 200 };
const SLOW: Rates = { copyGigabytes: 2, matmulGflops: 2 };
const SLOWEST: Rates = { copyGigabytes: 1, matmulGflops: 0.5 };
