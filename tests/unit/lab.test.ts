// The lab: where curves cross, what a link and a file carry, what is kept, and whole models as they are counted.
import { expect, test } from 'vitest';
import {
	curvesOf,
	lengthsOf,
	plannedOf,
	ratesIn,
	secondsFor,
	SETTINGS,
	sweepOf,
	type LabPoint,
	type LabRun
} from '#lib/bench/lab.ts';
import type { Series, SeriesRow } from '#lib/bench/cases.ts';
import { MODEL_PAIRS, PAIR_SIZES } from '#lib/bench/model-pairs.ts';
import { modelOfZeros } from '#lib/bench/model.ts';
import { openEngine } from '#lib/engine/index.ts';
import { elementsOf } from '#lib/engine/index.ts';
import { fromLink, toLink, untouched } from '#lib/figures/address.ts';
import { cardOf, wrapped } from '#lib/figures/lab/card.ts';
import { hybridOf, linearOf, squareOf, throughputOf } from '#lib/figures/lab/claims.ts';
import { crossing, fastest, growth } from '#lib/figures/lab/crossing.ts';
import {
	fromShared,
	isRun,
	keep,
	keptRuns,
	sweepIn,
	STORED,
	tableOf,
	toShared,
	withSweep
} from '#lib/figures/lab/keeping.ts';
import { shapeOf } from '#lib/figures/lab/models.ts';
import { fields, headsFor, settingsOf, WIDTHS } from '#lib/figures/lab/settings.ts';
import { csvOf } from '#lib/figures/picture.ts';
import { memory, overtakes } from '#lib/figures/price/cost.ts';
import { architectureOf } from '#lib/models/architectures.ts';

const curve = (of: (length: number) => number, lengths = [64, 128, 256, 512]) =>
	lengths.map((length) => ({ length, time: of(length) }));

test('two power laws cross where they are equal, wherever that lies between measured lengths', () => {
	for (const at of [70, 100, 128.5, 300, 500]) {
		const found = crossing(
			curve((length) => (length / at) ** 2),
			curve((length) => length / at)
		);
		if (found.kind !== 'at') throw new Error(found.kind);
		expect(found.length / at).toBeCloseTo(1, 9);
		expect(found.time).toBeCloseTo(1, 9);
		expect(found.again).toBe(false);
	}
});

test('nothing is read off beyond what was measured', () => {
	const scan = curve((length) => length);
	expect(
		crossing(
			curve((length) => (length / 1e4) * length),
			scan
		)
	).toEqual({
		kind: 'never',
		to: 512
	});
	expect(
		crossing(
			curve((length) => length * length),
			scan
		)
	).toEqual({
		kind: 'always',
		from: 64,
		to: 512
	});
	expect(
		crossing(
			curve((length) => length),
			[]
		)
	).toEqual({ kind: 'unknown' });
	// Only lengths that both have count.
	expect(
		crossing(
			curve((length) => length * length, [64]),
			scan
		)
	).toMatchObject({ to: 64 });
});

test('curves that change places more than once say so, and the last place counts', () => {
	const upper = curve((length) => ({ 64: 2, 128: 1, 256: 1, 512: 4 })[length] ?? 0);
	const lower = curve(() => 1.5);
	const found = crossing(upper, lower);
	expect(found).toMatchObject({ kind: 'at', again: true });
	if (found.kind === 'at') expect(found.length).toBeGreaterThan(256);
});

const planned = plannedOf({ mode: 'prefill', ...SETTINGS.tiny }, 'webgpu', 'tiny');
const rowOf = (index: number, median: number): SeriesRow => ({
	...{ index, name: planned[index].made.name, shape: planned[index].made.shape },
	...{ outcome: 'measured', version: 'row', median, fastest: median / 2, slowest: 2 * median },
	...{ repetitions: 5, runs: 10, ticks: 40, inputBytes: 1000, workingBytes: 24 },
	...{ gflops: 3, gigabytes: 2, dropped: 0, throttled: false }
});
const series: Series = {
	...{ date: '2026-01-02T03:04:05.000Z', backend: 'webgpu', adapter: 'An "adapter", ~1' },
	...{ software: true, cores: 2, browser: null, kernels: 'k', clock: 'device', tick: 0.065536 },
	...{ seconds: 12, throttled: false, dropped: 0 },
	rows: planned.map((_, index) =>
		index === 5
			? {
					...{ index, name: '', shape: '', outcome: 'memory' as const },
					reason: 'It needs 3 MB, of 2.'
				}
			: rowOf(index, 0.01 * (index + 1) ** 1.5)
	)
};
const sweep = sweepOf({ mode: 'prefill', ...SETTINGS.tiny }, planned, series);
const run: LabRun = {
	format: 1,
	...{ date: series.date, adapter: series.adapter, backend: 'webgpu', software: true },
	...{ hardware: '', command: '', browser: 'A browser', kernels: 'k', sweeps: [sweep] },
	models: []
};

test('a sweep has a point for every curve and length, yardsticks first, lengths side by side', () => {
	expect(planned.slice(0, 2).map(({ made }) => made.name)).toEqual(['copy', 'matmul']);
	expect(sweep.points).toHaveLength(
		curvesOf('prefill', 'webgpu').length * lengthsOf(SETTINGS.tiny).length
	);
	expect(sweep.points.slice(0, 7).every(({ length }) => length === 16)).toBe(true);
	expect(sweep.rates).toEqual({ copyGigabytes: 2, matmulGflops: 3 });
	expect(ratesIn(planned, series.rows.slice(1))).toBeNull();
	expect(sweep.points[3]).toMatchObject({ outcome: 'memory', reason: 'It needs 3 MB, of 2.' });
	const seconds = secondsFor(planned, sweep.settings, run, sweep.rates);
	expect(seconds).toBeGreaterThan(planned.length * 0.1);
	expect(seconds).toBeLessThan(600);
});

test('a link carries settings and times, to a tenth of a per cent', () => {
	const state = {
		...untouched(fields),
		...sweep.settings,
		size: 'own' as const,
		r: toShared(run, sweep)
	};
	const link = toLink(fields, state);
	expect(link.length).toBeLessThan(400);
	expect(link).not.toMatch(/[ "]/);
	const { state: back, damaged } = fromLink(fields, link);
	expect(damaged).toBe(false);
	expect(settingsOf(back, 'large')).toEqual(sweep.settings);
	const there = back.r && fromShared(back.r, settingsOf(back, 'large'));
	if (!there) throw new Error('Nothing came back.');
	expect(there).toMatchObject({ backend: 'webgpu', software: true, date: '2026-01-02' });
	const medianOf = (points: readonly LabPoint[]) =>
		points.flatMap((point) =>
			point.outcome === 'measured' ? [[point.curve, point.length, point.median] as const] : []
		);
	const [sent, got] = [sweep.points, there.sweeps[0].points].map((points) =>
		medianOf(points).sort((a, b) => `${a[0]} ${a[1]}`.localeCompare(`${b[0]} ${b[1]}`))
	);
	expect(got.map(([name, length]) => [name, length])).toEqual(
		sent.map(([name, length]) => [name, length])
	);
	got.forEach(([, , time], i) => expect(time / sent[i][2]).toBeCloseTo(1, 2));
	// A damaged one leaves the settings.
	expect(fromLink(fields, link.replace('~r=s', '~r=x')).damaged).toBe(true);
	expect(fromShared({ ...toShared(run, sweep), times: [1] }, sweep.settings)).toBeNull();
});

test('settings are such as can be measured', () => {
	const state = { ...untouched(fields), size: 'own' as const };
	for (const width of WIDTHS) {
		expect(headsFor(width).length).toBeGreaterThan(0);
		const settings = settingsOf({ ...state, width, heads: 7, from: 100, to: 20 }, 'small');
		expect((settings.width / settings.heads) % 4).toBe(0);
		expect(settings.width / settings.heads).toBeLessThanOrEqual(128);
		expect(settings).toMatchObject({ from: 128, to: 128 });
	}
	expect(settingsOf(untouched(fields), 'large')).toMatchObject(SETTINGS.large);
});

test('all that was measured is in the file of numbers', () => {
	const csv = csvOf(tableOf(run, sweep)).trim().split('\n');
	expect(csv).toHaveLength(1 + sweep.points.length);
	expect(csv[1]).toContain('"An ""adapter"", ~1"');
	expect(csv[0].split(',')).toHaveLength(17);
	expect(csv[4]).toContain('memory');
});

test('runs are kept, found again, and what is no run is left out', () => {
	const kept = new Map<string, string>();
	const storage = {
		getItem: (name: string) => kept.get(name) ?? null,
		setItem: (name: string, text: string) => void kept.set(name, text)
	};
	expect(keptRuns(storage)).toEqual([]);
	expect(keep([run], storage)).toBe(true);
	expect(keptRuns(storage)).toEqual([run]);
	kept.set('lab-runs', JSON.stringify([run, { format: 2 }, null]));
	expect(keptRuns(storage)).toEqual([run]);
	kept.set('lab-runs', 'no JSON');
	expect(keptRuns(storage)).toEqual([]);
	expect(keep([run], null)).toBe(false);
	// The same settings again take the place of what was there.
	expect(withSweep(run, sweep).sweeps).toHaveLength(1);
	expect(
		withSweep(run, { ...sweep, settings: { ...sweep.settings, mode: 'decode' } }).sweeps
	).toHaveLength(2);
});

test('runs that ship with the site are whole: machine, date, command, rates, both tasks, models', () => {
	expect(STORED.length).toBeGreaterThan(0);
	for (const { run: stored } of STORED) {
		expect(isRun(stored)).toBe(true);
		expect(stored.hardware).not.toBe('');
		expect(stored.command).toMatch(/^npm run -s bench -- lab|^node /);
		expect(stored.command).not.toMatch(/\/(tmp|home|work)/);
		for (const mode of ['prefill', 'decode'] as const) {
			const found = sweepIn(stored, mode);
			expect(found?.rates?.copyGigabytes).toBeGreaterThan(0);
			expect(found?.points.length).toBe(
				curvesOf(mode, stored.backend).length * lengthsOf(found!.settings).length
			);
		}
		expect(stored.models.length).toBeGreaterThan(0);
	}
});

const powers = (mode: 'prefill', of: (curve: string, length: number) => number): LabRun => ({
	...run,
	sweeps: [
		{
			...sweep,
			settings: { ...sweep.settings, mode, from: 16, to: 1024 },
			points: lengthsOf({ from: 16, to: 1024 }).flatMap((length) =>
				(['attention-tiled', 'scan-fused'] as const).map((name): LabPoint => {
					const median = of(name, length);
					return {
						...{ curve: name, length, outcome: 'measured', version: '', median },
						...{ fastest: median, slowest: median, repetitions: 5, ticks: 20, bytes: 1 }
					};
				})
			)
		}
	]
});

test('the headlines are worked out of what was measured', () => {
	const exact = powers('prefill', (name, length) => (name === 'scan-fused' ? length : length ** 2));
	expect(squareOf(exact)).toMatchObject({ from: 32, to: 1024, attention: 1024, scan: 32 });
	// 1024 · 1025 pairs against 32 · 33.
	expect(squareOf(exact)?.counted).toBeCloseTo((1024 * 1025) / (32 * 33), 9);
	expect(linearOf(exact)).toEqual({ from: 512, to: 1024, times: 2 });
	expect(squareOf(run)).toBeNull();
	expect(throughputOf(run)).toBeNull();
	const [transformer, , mamba] = MODEL_PAIRS.stories;
	const point = (model: string, context: number, median: number) => ({
		...{ model, context, median, fastest: median, slowest: median, repetitions: 7 }
	});
	expect(
		throughputOf({
			...run,
			models: [
				point(transformer.name, 64, 1),
				point(transformer.name, 256, 6),
				point(mamba.name, 256, 2),
				point(mamba.name, 1024, 2)
			]
		})
	).toEqual({ context: 256, times: 3 });
	expect(growth(fastest(exact.sweeps[0].points, 'scan'), 4)).toBe(4);
	const hybrid = hybridOf();
	expect(hybrid.cache).toBe(8);
	expect(hybrid.one).toBeGreaterThan(1);
	expect(hybrid.one).toBeLessThan(hybrid.cache);
});

test('the models that are compared are what their names say', async () => {
	for (const size of PAIR_SIZES) {
		for (const { parameters, config } of MODEL_PAIRS[size]) {
			const { weights } = await architectureOf(config);
			const counted = weights.reduce((sum, { shape }) => sum + elementsOf(shape), 0);
			expect(counted).toBe(parameters);
		}
		const [transformer, width, equal] = MODEL_PAIRS[size];
		expect(width.config.hidden_size).toBe(transformer.config.hidden_size);
		expect(width.config.num_hidden_layers).toBe(transformer.config.num_hidden_layers);
		expect(equal.parameters / transformer.parameters).toBeCloseTo(1, 2);
	}
});

test('what a model keeps of a text, as counted, is what the engine allocates for it', async () => {
	const { engine } = await openEngine('cpu');
	for (const model of MODEL_PAIRS.stories) {
		const zeros = await modelOfZeros(engine, model.config);
		const state = zeros.newState(1, 100);
		const numbers = [...state.tensors]
			.filter(([name]) => name !== 'position')
			.reduce((sum, [, { shape }]) => sum + elementsOf(shape), 0);
		expect(4 * numbers).toBe(memory(shapeOf(model), 100));
		zeros.freeState(state);
		zeros.free();
	}
	engine.destroy();
	const [transformer, , mamba] = MODEL_PAIRS.stories.map(shapeOf);
	const crosses = overtakes(transformer, mamba) ?? 0;
	expect(memory(transformer, crosses)).toBeGreaterThanOrEqual(memory(mamba, crosses));
	expect(memory(transformer, crosses - 1)).toBeLessThan(memory(mamba, crosses - 1));
});

test('a card says its finding in lines that fit, and escapes what it is told', () => {
	expect(wrapped('one two three', 7)).toEqual(['one two', 'three']);
	const { svg, width, height } = cardOf(
		{
			...{ headline: 'On my <GPU> & co', settings: 's', by: 'b', rerun: 'r', link: 'l' },
			labels: { attention: 'a', scan: 's', length: 'l', time: 't' }
		},
		{ attention: curve((l) => l * l), scan: curve((l) => l) },
		{ length: 100, time: 100 }
	);
	expect([width, height]).toEqual([1200, 630]);
	expect(svg).toContain('&lt;GPU&gt; &amp; co');
	expect(svg).not.toContain('NaN');
});
