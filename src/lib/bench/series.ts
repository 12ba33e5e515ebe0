// A series of measurements, made honestly: everything warmed up, cases timed in turns, each timing as long as the clock's tick
// asks for, what a hidden page spoilt made again, and a case that cannot be done ended with its reason, not the series.
import { DeviceLostError, OutOfMemoryError, type Engine } from '#lib/engine/index.ts';
import {
	interleaved,
	roundsFor,
	runsFor,
	spanFor,
	throttledGroups,
	tickFrom,
	type Case,
	type Series,
	type SeriesProgress,
	type SeriesRequest,
	type SeriesRow
} from './cases.ts';
import { summary } from './measure.ts';
import {
	associativeScanWork,
	attentionWork,
	AWAKE,
	convolutionWork,
	copyWork,
	inputBytesOf,
	linearWork,
	prepare,
	ratesAt,
	scanWork,
	ssdWork,
	type How,
	type Prepared,
	type Work
} from './operations.ts';
import { Visibility } from './visibility.ts';

export interface SeriesOptions extends Pick<SeriesRequest, 'rounds' | 'budget'> {
	readonly signal?: AbortSignal | undefined;
	readonly visibility?: Visibility;
	readonly onProgress?: ((progress: SeriesProgress) => void) | undefined;
	/** Fingerprint of the kernels. */
	readonly kernels?: string;
	readonly cores?: number | null;
}

/** What a graphics card and a processor are asked for; a GPU that the processor imitates counts as one. */
const CARD = {
	rounds: 7,
	/** Milliseconds of one run after which the longer cases of a curve are not begun: a driver may think that the device hangs. */
	longest: 500,
	/** Milliseconds that the timings of one case may take. */
	each: 2000,
	/** Bytes of cases that are timed in turns. */
	together: 2 ** 30,
	/** Side of the matrices whose product is timed beside each group. */
	beside: 512
};
const PROCESSOR = {
	rounds: 5,
	longest: 1500,
	each: 1500,
	together: 2 ** 28,
	beside: 128
};
/** Cases that are timed in turns: no more, so that the first are known soon. */
const TOGETHER = 8;
/** Runs that one timing holds at most. */
const MOST_RUNS = 4096;
/** What the first runs of a case count for, of all its work. */
const BEGUN = 0.25;
/** Readings that a clock's tick is found from. */
const READINGS = 40;
/** Milliseconds of the tick of a clock that has shown none: a nanosecond. */
const FINEST = 1e-6;

/** A case that is ready to be timed. */
interface Ready {
	readonly index: number;
	readonly prepared: Prepared;
	readonly wants: number;
	runs: number;
	/** Milliseconds of the shortest timing. */
	shortest: number;
	dropped: number;
	readonly times: number[];
}

type Measured = Extract<SeriesRow, { outcome: 'measured' }>;

/** What the operation of a case is made of. */
export function workOf(one: Case): Work {
	// A version that the operation does not know is refused by it, or seen by what ran instead.
	const how = <V extends string>(): How<V> => ({
		...(one.version !== undefined && { version: one.version as V }),
		...('direction' in one && { direction: one.direction })
	});
	switch (one.operation) {
		case 'copy':
			return copyWork(one.size);
		case 'matmul':
			return linearWork({ rows: one.size, in: one.size, out: one.size });
		case 'scan':
			return scanWork(one.size, how());
		case 'scan step':
			return scanWork({ ...one.size, length: 1 }, { ...how(), carried: true });
		case 'ssd':
			return ssdWork(one.size, how());
		case 'ssd step':
			return ssdWork({ ...one.size, length: 1 }, { ...how(), carried: true });
		case 'attention':
			return attentionWork(one.size, how());
		case 'attention step':
			return attentionWork(one.size, { ...how(), carried: true });
		case 'associative scan':
			return associativeScanWork(one.size, how());
		case 'convolution':
			return convolutionWork(one.size);
	}
}

/**
 * Measure the cases, in their order by groups, the cases of a group in turns. Rejects with an AbortError when it is called off;
 * what was known by then has gone to `onProgress`.
 */
export async function measureSeries(
	engine: Engine,
	cases: readonly Case[],
	options: SeriesOptions = {}
): Promise<Series> {
	const { signal, onProgress, budget = Infinity } = options;
	const { backend, adapter } = engine;
	const visibility = options.visibility ?? new Visibility();
	const onCard = backend === 'webgpu' && !adapter.software;
	const settings = onCard ? CARD : PROCESSOR;
	const most = options.rounds ?? settings.rounds;
	const began = performance.now();
	const clock = engine.features.has('timestamp-query') ? 'device' : 'page';
	const rows = new Array<SeriesRow | undefined>(cases.length);
	/** The case's group, for those that were measured. */
	const groupOf = new Map<number, number>();
	const beside: number[] = [];
	const tooLong = new Map<string, string>();
	let done = 0;
	let share = 0;

	/** `within`: cases' worth of work that is made of those that are not done with. */
	const say = (index: number, more: Partial<SeriesProgress> = {}, within = 0) => {
		const { name, shape } = cases[index];
		share = Math.min(1, Math.max(share, (done + within) / cases.length));
		onProgress?.({ done, of: cases.length, share, name, shape, ...more });
	};
	const settle = (row: SeriesRow) => {
		rows[row.index] = row;
		done++;
		say(row.index, { row });
	};
	const fail = (index: number, outcome: Failed['outcome'], reason: string) => {
		const { name, shape } = cases[index];
		settle({ index, name, shape, outcome, reason });
	};
	/** Milliseconds of so many runs; null where the page was hidden meanwhile, once it is to be seen again. */
	const timing = async (prepared: Prepared, runs: number, index: number) => {
		await turn();
		signal?.throwIfAborted();
		const { hidings, hidden } = visibility;
		const took = hidden ? 0 : await prepared.measure(runs);
		await turn();
		signal?.throwIfAborted();
		if (!hidden && hidings === visibility.hidings) return took;
		if (visibility.hidden) say(index, { waiting: true });
		await visibility.shown(signal);
		signal?.throwIfAborted();
		return null;
	};

	await turn();
	signal?.throwIfAborted();
	const small = await prepare(
		engine,
		linearWork({ rows: settings.beside, in: settings.beside, out: settings.beside })
	);
	try {
		const tick = await tickOf(small, clock);
		const span = spanFor(clock, tick);
		/** Runs of the small task in one timing. */
		let smallRuns = 1;
		/** A card idles at a sixth of its clock; the small task wakes it, and says how fast it is now. */
		const besides = async (index: number) => {
			for (let busy = 0; onCard && busy < AWAKE;) busy += (await timing(small, 64, index)) ?? 0;
			const times: number[] = [];
			while (times.length < 5) {
				const took = await timing(small, smallRuns, index);
				if (took === null) continue;
				const more = runsFor(span, { runs: smallRuns, took }, MOST_RUNS);
				if (more > smallRuns) smallRuns = more;
				else times.push(took / smallRuns);
			}
			return summary(times).median;
		};

		const measureGroup = async (group: readonly Ready[]) => {
			if (group.length === 0) return;
			const number = beside.length;
			const broken = new Set<Ready>();
			try {
				const before = await besides(group[0].index);
				const order = interleaved(group.map(({ wants }) => wants));
				for (const [made, at] of order.entries()) {
					const ready = group[at];
					if (broken.has(ready)) continue;
					try {
						await timeOnce(ready);
					} catch (error) {
						if (endsAll(error)) throw error;
						broken.add(ready);
						fail(ready.index, reasonOf(error), messageOf(error));
						continue;
					}
					const timed = (made + 1) / order.length;
					say(ready.index, {}, group.length * (BEGUN + (1 - BEGUN) * timed));
				}
				beside.push(Math.max(before, await besides(group[0].index)));
			} finally {
				for (const { prepared } of group) prepared.free();
			}
			for (const ready of group) {
				if (broken.has(ready)) continue;
				groupOf.set(ready.index, number);
				settle(rowOf(ready, tick));
			}
		};
		const timeOnce = async (ready: Ready) => {
			for (;;) {
				const took = await timing(ready.prepared, ready.runs, ready.index);
				if (took === null) {
					ready.dropped++;
					continue;
				}
				const more = runsFor(span, { runs: ready.runs, took }, MOST_RUNS);
				if (more > ready.runs) {
					ready.runs = more;
					continue;
				}
				ready.shortest = Math.min(ready.shortest, took);
				ready.times.push(took / (ready.runs * ready.prepared.sets));
				return;
			}
		};
		const rowOf = ({ index, prepared, runs, shortest, dropped, times }: Ready, tick: number) => {
			const { name, shape } = cases[index];
			const { version, inputBytes, workingBytes } = prepared;
			const { median, fastest, slowest, repetitions } = summary(times);
			return {
				...{ index, name, shape, outcome: 'measured', version, median, fastest, slowest },
				...{ repetitions, runs: runs * prepared.sets },
				ticks: Math.floor(shortest / tick),
				...{ inputBytes, workingBytes, ...ratesAt(prepared, median), dropped, throttled: false }
			} satisfies Measured;
		};
		/** Prepare a case and run it once; null where it was ended. */
		const begin = async (index: number): Promise<Ready | null> => {
			const one = cases[index];
			const prepared = await prepare(engine, workOf(one));
			try {
				if (one.version !== undefined && !runs(prepared.version, one.version)) {
					const given = `${one.version} is not among the versions of ${one.operation} here`;
					fail(index, 'refused', `${given}: this device runs ${prepared.version}.`);
					prepared.free();
					return null;
				}
				// The first run compiles and fills caches; the second says how long one takes.
				while ((await timing(prepared, 1, index)) === null);
				let took: number | null = null;
				while (took === null) took = await timing(prepared, 1, index);
				if (one.curve !== undefined && took / prepared.sets > settings.longest)
					tooLong.set(one.curve, `${one.shape} takes ${(took / 1000).toFixed(1)} s already.`);
				const wants = roundsFor(Math.max(took, span), most, settings.each);
				return {
					...{ index, prepared, wants, runs: runsFor(span, { runs: 1, took }, MOST_RUNS) },
					...{ shortest: Infinity, dropped: 0, times: [] }
				};
			} catch (error) {
				prepared.free();
				throw error;
			}
		};

		let group: Ready[] = [];
		let bytes = 0;
		const flush = async () => {
			const now = group;
			[group, bytes] = [[], 0];
			await measureGroup(now);
		};
		try {
			for (let index = 0; index < cases.length; index++) {
				const one = cases[index];
				if (performance.now() - began > 1000 * budget) {
					await flush();
					fail(index, 'time', `The ${budget} s that were given are over.`);
					continue;
				}
				const long = one.curve === undefined ? undefined : tooLong.get(one.curve);
				if (long !== undefined) {
					fail(index, 'long', long);
					continue;
				}
				say(index, {}, BEGUN * group.length);
				try {
					const needs = inputBytesOf(workOf(one));
					if (group.length >= TOGETHER || bytes + needs > settings.together) await flush();
					let ready: Ready | null;
					try {
						ready = await begin(index);
					} catch (error) {
						if (!(error instanceof OutOfMemoryError) || group.length === 0) throw error;
						// By itself it may have the room.
						await flush();
						ready = await begin(index);
					}
					if (!ready) continue;
					const { inputBytes, workingBytes, sets } = ready.prepared;
					group.push(ready);
					bytes += sets * (inputBytes + workingBytes);
				} catch (error) {
					if (endsAll(error)) throw error;
					fail(index, reasonOf(error), messageOf(error));
				}
			}
			await flush();
		} catch (error) {
			for (const { prepared } of group) prepared.free();
			if (!(error instanceof DeviceLostError)) throw error;
			for (let index = 0; index < cases.length; index++)
				if (!rows[index]) fail(index, 'lost', error.message);
		}
		const slow = throttledGroups(beside);
		const known = rows
			.filter((row) => row !== undefined)
			.map((row) => {
				if (row.outcome !== 'measured') return row;
				return { ...row, throttled: slow[groupOf.get(row.index) ?? -1] ?? false };
			});
		return {
			date: new Date().toISOString(),
			...{ backend, adapter: adapter.name, software: adapter.software },
			cores: options.cores ?? null,
			browser: globalThis.navigator?.userAgent ?? null,
			kernels: options.kernels ?? '',
			...{ clock, tick },
			seconds: (performance.now() - began) / 1000,
			throttled: slow.includes(true),
			dropped: known.reduce((sum, row) => sum + ('dropped' in row ? row.dropped : 0), 0),
			rows: known
		};
	} finally {
		small.free();
	}
}

type Failed = Exclude<SeriesRow, Measured>;

/** Of versions in several steps a plan knows the last one: `chunked: output`. */
const runs = (ran: string, asked: string): boolean =>
	ran === asked || ran.startsWith(`${asked}:`) || ran.startsWith(`${asked} `);

const isAbort = (error: unknown): boolean =>
	error instanceof DOMException && error.name === 'AbortError';

const endsAll = (error: unknown): boolean => isAbort(error) || error instanceof DeviceLostError;

const reasonOf = (error: unknown): Failed['outcome'] =>
	error instanceof OutOfMemoryError ? 'memory' : 'refused';

const messageOf = (error: unknown): string =>
	error instanceof Error ? error.message : String(error);

/** Let waiting messages in: that the page was hidden, or that nobody wants this any more. */
function turn(): Promise<void> {
	return new Promise((resolve) => {
		const { port1, port2 } = new MessageChannel();
		port1.onmessage = () => {
			port1.close();
			resolve();
		};
		port2.postMessage(null);
	});
}

/** Milliseconds of the clock's tick, from what it shows: durations of a small task, or readings one after another. */
async function tickOf(small: Prepared, clock: Series['clock']): Promise<number> {
	const readings = [0];
	if (clock === 'device') {
		await small.measure(1);
		for (let i = 0; i < READINGS; i++) readings.push(await small.measure(1 + (i % 8)));
		return tickFrom(readings) || FINEST;
	}
	const start = performance.now();
	let last = start;
	// A coarse clock stands still for a while; a fine one shows its tick at once.
	while (readings.length < READINGS && last - start < 50) {
		const now = performance.now();
		if (now > last) readings.push(now - start);
		last = now;
	}
	return tickFrom(readings) || FINEST;
}
