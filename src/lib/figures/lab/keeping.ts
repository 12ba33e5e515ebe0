// Runs of the lab: those that ship with the site, those that this browser keeps, and one that a link carries.
import {
	CURVES,
	curvesOf,
	isMeasuredPoint,
	lengthsOf,
	type LabPoint,
	type LabRun,
	type LabSettings,
	type Sweep
} from '#lib/bench/lab.ts';
import type { Field } from '../address.ts';

/** By the name of its file. */
export const STORED: readonly { readonly id: string; readonly run: LabRun }[] = Object.entries(
	import.meta.glob<LabRun>('./runs/*.json', { eager: true, import: 'default' })
)
	.map(([path, run]) => ({ id: path.replace(/^.*\/|\.json$/g, ''), run }))
	// Graphics cards first: they are what the papers speak of.
	.sort(
		(a, b) =>
			Number(a.run.software) - Number(b.run.software) || b.run.date.localeCompare(a.run.date)
	);

const KEY = 'lab-runs';
/** Runs that are kept; the oldest goes first. */
const MOST = 12;

/** What this browser keeps: nothing where it keeps nothing. */
export function keptRuns(storage: Pick<Storage, 'getItem'> | null = store()): LabRun[] {
	try {
		const found = JSON.parse(storage?.getItem(KEY) ?? '[]') as unknown;
		return Array.isArray(found) ? found.filter(isRun) : [];
	} catch {
		return [];
	}
}

/** Keep these runs, and say which could be kept. */
export function keep(
	runs: readonly LabRun[],
	storage: Pick<Storage, 'setItem'> | null = store()
): boolean {
	try {
		storage?.setItem(KEY, JSON.stringify(runs.slice(-MOST)));
		return storage !== null;
	} catch {
		return false;
	}
}

function store(): Storage | null {
	try {
		return globalThis.localStorage ?? null;
	} catch {
		return null;
	}
}

/** Is this a run as this build writes them? */
export function isRun(value: unknown): value is LabRun {
	if (typeof value !== 'object' || value === null) return false;
	const run = value as Partial<LabRun>;
	return (
		run.format === 1 &&
		typeof run.date === 'string' &&
		typeof run.adapter === 'string' &&
		Array.isArray(run.sweeps) &&
		Array.isArray(run.models) &&
		run.sweeps.every(
			({ settings, points }) =>
				typeof settings === 'object' && Array.isArray(points) && points.every(isPoint)
		)
	);
}

const isPoint = (point: LabPoint): boolean =>
	CURVES.includes(point.curve) &&
	Number.isFinite(point.length) &&
	typeof point.outcome === 'string';

/** The sweep of a run that has these settings, the latest first; else any of that mode. */
export const sweepIn = (run: LabRun, mode: LabSettings['mode']): Sweep | null =>
	run.sweeps.findLast(({ settings }) => settings.mode === mode) ?? null;

/** A run with a sweep in it: in place of one with the same settings. */
export const withSweep = (run: LabRun, sweep: Sweep): LabRun => ({
	...run,
	sweeps: [
		...run.sweeps.filter(
			({ settings }) => JSON.stringify(settings) !== JSON.stringify(sweep.settings)
		),
		sweep
	]
});

/** What a link carries of a run: the times of one sweep, and on what they were measured. */
export interface Shared {
	readonly adapter: string;
	readonly backend: LabRun['backend'];
	readonly software: boolean;
	/** Year, month and day. */
	readonly date: string;
	/** Milliseconds, curve after curve, length after length; null where there is none. */
	readonly times: readonly (number | null)[];
}

/** Of the logarithm of a time: what the first code stands for, and steps of a tenth of a per cent. */
const LEAST = -6;
const STEPS = 2300;
const DIGITS = 3;
const NONE = '---';

const written = (time: number | null): string =>
	time === null
		? NONE
		: Math.max(0, Math.min(36 ** DIGITS - 1, Math.round((Math.log10(time) - LEAST) * STEPS)))
				.toString(36)
				.padStart(DIGITS, '0');

const readTime = (text: string): number | null | undefined => {
	if (text === NONE) return null;
	if (!/^[0-9a-z]{3}$/.test(text)) return undefined;
	return Number((10 ** (parseInt(text, 36) / STEPS + LEAST)).toPrecision(4));
};

/** A run in a link: backend and kind of adapter, day, adapter, times. Empty for none. */
export const shared: Field<Shared | null> = {
	first: null,
	write(value) {
		if (!value) return '';
		const kind = value.backend === 'cpu' ? 'c' : value.software ? 's' : 'g';
		const adapter = encodeURIComponent(value.adapter.slice(0, 40)).replace(/[~=!'()*.]/g, '_');
		return [kind, value.date.replaceAll('-', ''), adapter, value.times.map(written).join('')].join(
			'.'
		);
	},
	read(text) {
		const [kind, day, adapter, times] = text.split('.');
		if (!/^[csg]$/.test(kind) || !/^\d{8}$/.test(day ?? '') || !adapter) return null;
		if (!times || times.length % DIGITS !== 0) return null;
		const read = (times.match(/.{3}/g) ?? []).map(readTime);
		if (read.includes(undefined)) return null;
		try {
			return {
				adapter: decodeURIComponent(adapter),
				backend: kind === 'c' ? 'cpu' : 'webgpu',
				software: kind === 's',
				date: `${day.slice(0, 4)}-${day.slice(4, 6)}-${day.slice(6)}`,
				times: read as (number | null)[]
			};
		} catch {
			return null;
		}
	}
};

/** A sweep for a link. */
export function toShared(run: LabRun, { settings, points }: Sweep): Shared {
	const { adapter, backend, software, date } = run;
	return {
		...{ adapter, backend, software, date: date.slice(0, 10) },
		times: curvesOf(settings.mode, backend).flatMap((curve) =>
			lengthsOf(settings).map((length) => {
				const point = points.find((one) => one.curve === curve && one.length === length);
				return point && isMeasuredPoint(point) ? point.median : null;
			})
		)
	};
}

/** The run that a link carries: times alone, measured on somebody else's machine. Null where it does not fit its settings. */
export function fromShared(
	{ adapter, backend, software, date, times }: Shared,
	settings: LabSettings
): LabRun | null {
	const curves = curvesOf(settings.mode, backend);
	const lengths = lengthsOf(settings);
	if (times.length !== curves.length * lengths.length) return null;
	const points = curves.flatMap((curve, row) =>
		lengths.flatMap((length, column): LabPoint[] => {
			const median = times[row * lengths.length + column];
			if (median === null) return [];
			return [
				{
					...{ curve, length, outcome: 'measured', version: '', median },
					...{ fastest: median, slowest: median, repetitions: 1, ticks: 0, bytes: 0 }
				}
			];
		})
	);
	return {
		format: 1,
		...{ date, adapter, backend, software },
		...{ hardware: '', command: '', browser: null, kernels: '' },
		sweeps: [
			{
				...{ settings, rates: null, points, clock: 'page', tick: 0 },
				...{ seconds: 0, throttled: false, dropped: 0 }
			}
		],
		models: []
	};
}

/** All that was measured in a sweep, as the columns and rows of a CSV file. */
export function tableOf(run: LabRun, sweep: Sweep) {
	const { settings, points } = sweep;
	return {
		columns: [
			...['adapter', 'backend', 'date', 'mode', 'width', 'states', 'heads'],
			...['curve', 'length', 'version', 'outcome', 'median_ms', 'fastest_ms', 'slowest_ms'],
			...['timings', 'ticks', 'bytes']
		],
		rows: points.map((point) => [
			...[run.adapter, run.backend, run.date, settings.mode],
			...[settings.width, settings.states, settings.heads, point.curve, point.length],
			...(isMeasuredPoint(point)
				? [
						...[point.version, point.outcome, point.median, point.fastest, point.slowest],
						...[point.repetitions, point.ticks, point.bytes]
					]
				: ['', point.outcome, '', '', '', '', '', ''])
		])
	};
}
