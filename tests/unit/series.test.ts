// What is arithmetic of measuring a series: order, ticks, runs, what counts as throttled; and a page that is hidden meanwhile.
import { expect, test } from 'vitest';
import {
	attentionCase,
	interleaved,
	LEAST,
	matmulCase,
	roundsFor,
	runsFor,
	scanCase,
	sizesNameFor,
	spanFor,
	throttledGroups,
	tickFrom,
	TICKS,
	type SeriesProgress
} from '#lib/bench/cases.ts';
import { measureSeries } from '#lib/bench/series.ts';
import { Visibility } from '#lib/bench/visibility.ts';
import { openEngine } from '#lib/engine/index.ts';

test('every round visits each case once, beginning one further on, and a case drops out when it has enough', () => {
	expect(interleaved([2, 2, 2])).toEqual([0, 1, 2, 1, 2, 0]);
	expect(interleaved([3, 1])).toEqual([0, 1, 0, 0]);
	expect(interleaved([])).toEqual([]);
	const order = interleaved([5, 5, 2, 5]);
	for (const [at, wanted] of [5, 5, 2, 5].entries())
		expect(order.filter((one) => one === at)).toHaveLength(wanted);
	// No two timings of one case follow each other while others still want theirs.
	expect(interleaved([4, 4, 4]).every((at, i, all) => i === 0 || at !== all[i - 1])).toBe(true);
});

test('the tick of a clock is the smallest step between its readings, rounding left aside', () => {
	expect(tickFrom([0, 0.1 * 3, 0.1 + 0.2, 0.5, 0.1, 0.1])).toBeCloseTo(0.1, 9);
	expect(tickFrom([2, 2, 2])).toBe(0);
	expect(tickFrom([])).toBe(0);
	expect(tickFrom([0, 65.536e-3, 0.131072])).toBeCloseTo(0.065536, 9);
});

test('a timing spans twenty ticks, and never less than a submission’s own cost asks for', () => {
	expect(spanFor('device', 1)).toBe(TICKS);
	expect(spanFor('device', 1e-6)).toBe(LEAST.device);
	expect(spanFor('page', 0.1)).toBe(LEAST.page);
	expect(spanFor('page', 1)).toBe(20);
});

test('runs grow until a timing spans enough, by steps, to a limit', () => {
	expect(runsFor(20, { runs: 1, took: 20 }, 4096)).toBe(1);
	expect(runsFor(20, { runs: 1, took: 10 }, 4096)).toBe(3);
	expect(runsFor(20, { runs: 1, took: 0 }, 4096)).toBe(8);
	expect(runsFor(20, { runs: 1, took: 0.001 }, 4096)).toBe(8);
	expect(runsFor(20, { runs: 4096, took: 1 }, 4096)).toBe(4096);
	for (const each of [0.003, 0.4, 7]) {
		let runs = 1;
		while (runs * each < 20) runs = runsFor(20, { runs, took: runs * each }, 1e6);
		expect(runs * each).toBeGreaterThanOrEqual(20);
		expect((runs - 2) * each).toBeLessThan(1.2 * 20);
	}
});

test('a case with long timings gets fewer of them, but one at least', () => {
	expect(roundsFor(10, 5, 1500)).toBe(5);
	expect(roundsFor(500, 5, 1500)).toBe(3);
	expect(roundsFor(9000, 5, 1500)).toBe(1);
});

test('groups that ran while the small task beside them was slow are called throttled', () => {
	expect(throttledGroups([1, 1.2, 1.5, 1.1])).toEqual([false, false, true, false]);
	expect(throttledGroups([])).toEqual([]);
});

test('small sizes where a processor does the work, in its own name or a GPU’s', () => {
	expect(sizesNameFor({ backend: 'cpu', software: false })).toBe('small');
	expect(sizesNameFor({ backend: 'webgpu', software: true })).toBe('small');
	expect(sizesNameFor({ backend: 'webgpu', software: false })).toBe('middle');
});

const size = { batch: 1, length: 32, channels: 8, states: 4 };

test('timings during which the page was hidden are dropped and made again', async () => {
	const { engine } = await openEngine('cpu');
	const visibility = new Visibility();
	let waited = 0;
	let hid = false;
	const series = await measureSeries(engine, [matmulCase(16)], {
		rounds: 3,
		visibility,
		onProgress({ waiting, share }) {
			if (share > 0.25 && !hid) {
				hid = true;
				visibility.set(true);
			} else if (waiting) {
				waited++;
				setTimeout(() => visibility.set(false), 5);
			}
		}
	});
	expect(waited).toBe(1);
	expect(series.dropped).toBe(1);
	expect(series.rows[0]).toMatchObject({ outcome: 'measured', repetitions: 3, dropped: 1 });
	engine.destroy();
});

test('a case that cannot be done ends with its reason, and the others are measured', async () => {
	const { engine } = await openEngine('cpu');
	const parts: SeriesProgress[] = [];
	const cases = [
		scanCase(size),
		scanCase(size, { version: 'chunked' }),
		attentionCase({ batch: 1, length: 60000, heads: 64, headDim: 1 }, { version: 'materialised' }),
		matmulCase(16)
	];
	const series = await measureSeries(engine, cases, {
		rounds: 2,
		onProgress: (part) => parts.push(part)
	});
	expect(series.rows.map(({ outcome }) => outcome)).toEqual([
		...['measured', 'refused', 'memory', 'measured']
	]);
	expect(series.rows[1]).toMatchObject({ reason: expect.stringContaining('sequential') });
	for (const row of series.rows) {
		if (row.outcome !== 'measured') continue;
		expect(row.ticks).toBeGreaterThanOrEqual(TICKS);
		expect(row.fastest).toBeLessThanOrEqual(row.median);
		expect(row.median).toBeLessThanOrEqual(row.slowest);
	}
	expect(parts.filter(({ row }) => row).map(({ row }) => row?.index)).toEqual(
		expect.arrayContaining([0, 1, 2, 3])
	);
	const shares = parts.map(({ share }) => share);
	expect(shares).toEqual([...shares].sort((a, b) => a - b));
	expect(shares.at(-1)).toBe(1);
	engine.destroy();
});

test('a series that is called off stops, and gives back its memory', async () => {
	const { engine } = await openEngine('cpu');
	const before = engine.bytes;
	const controller = new AbortController();
	const series = measureSeries(engine, [scanCase(size), matmulCase(64)], {
		signal: controller.signal,
		onProgress: () => controller.abort()
	});
	await expect(series).rejects.toThrow(/abort/i);
	expect(engine.bytes).toBe(before);
	engine.destroy();
});

test('no case is begun after the time that was given', async () => {
	const { engine } = await openEngine('cpu');
	const { rows } = await measureSeries(engine, [matmulCase(8), matmulCase(16)], { budget: 0 });
	expect(rows.map(({ outcome }) => outcome)).toEqual(['time', 'time']);
	engine.destroy();
});
