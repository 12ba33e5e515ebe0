import { expect, test } from 'vitest';
import { summary, timed } from '#lib/bench/measure.ts';
import { benchLines, isModelLine, linesOf, OPERATIONS, SIZES, SMALL } from '#lib/bench/sizes.ts';
import { measureOperations, ratesOf, type Measured } from '#lib/bench/suite.ts';
import { openEngine } from '#lib/engine/index.ts';

test('the median of an odd count is the middle one, of an even count the mean of the two in the middle', () => {
	expect(summary([3, 1, 2])).toEqual({ median: 2, fastest: 1, slowest: 3, repetitions: 3 });
	expect(summary([4, 1, 10, 2]).median).toBe(3);
});

test('runs that warm up do not count', async () => {
	const times = [100, 100, 1, 2, 3];
	let ran = 0;
	const timing = await timed(async () => times[ran++], { warmUp: 2, repetitions: 3 });
	expect(ran).toBe(5);
	expect(timing).toEqual({ median: 2, fastest: 1, slowest: 3, repetitions: 3 });
});

test('work that is called off stops between two repetitions', async () => {
	const controller = new AbortController();
	let ran = 0;
	const timing = timed(
		async () => {
			if (++ran === 3) controller.abort();
			return 1;
		},
		{ signal: controller.signal }
	);
	await expect(timing).rejects.toThrow(/abort/i);
	expect(ran).toBe(3);
});

test('a page can show the lines before anything is measured, and the suite fills in just these', async () => {
	const { engine } = await openEngine('cpu');
	const tiny = { ...SMALL, copy: 64, matmul: 8 };
	const lines = linesOf(['matmul', 'copy'], tiny);
	expect(lines.map(({ name, shape }) => [name, shape])).toEqual([
		['copy', '0.000256 MB'],
		['matmul', '8³']
	]);
	const measured: Measured[] = [];
	for await (const line of measureOperations(engine, ['copy', 'matmul'], {
		sizes: tiny,
		repeats: { warmUp: 0, repetitions: 1 }
	}))
		measured.push(line);
	expect(measured.map(({ name, shape }) => [name, shape])).toEqual(
		lines.map(({ name, shape }) => [name, shape])
	);
	const { copyGigabytes, matmulGflops } = ratesOf(measured);
	expect(copyGigabytes).toBeGreaterThan(0);
	expect(matmulGflops).toBe((2 * 8 ** 3) / (1e6 * measured[1].median));
	engine.destroy();
});

test('the yardsticks come first, then the model’s runs, then the operations', () => {
	const lines = benchLines(['scan', 'decode', 'prefill'], { ...SMALL, scan: [], prefill: 32 });
	expect(lines.map(({ name, shape }) => [name, shape])).toEqual([
		['copy', '16.8 MB'],
		['matmul', '512³'],
		['prefill', 'L 32'],
		['decode', '8 tokens'],
		['scan forward + backward', 'B 1, L 256, D 512, N 16']
	]);
	expect(lines.filter(isModelLine)).toHaveLength(2);
});

test.each(Object.entries(SIZES))('the %s sizes have a line for every operation', (_, sizes) => {
	const lines = linesOf(OPERATIONS, sizes);
	expect(new Set(lines.map(({ operation }) => operation))).toEqual(new Set(OPERATIONS));
	expect(new Set(lines.map(({ name, shape }) => `${name} ${shape}`)).size).toBe(lines.length);
});
