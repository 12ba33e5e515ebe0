// Sums, means and largest numbers, forward and backward, held to the plain reference.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ShapeError, type Engine } from '#lib/engine/index.ts';
import { reduce, reduceVersions } from '#kernels/reduce/index.ts';
import { reduceReference } from '#kernels/reduce/reference.ts';
import { bothEngines } from './engines.ts';
import { differences, relativeError, runGradients } from './gradients.ts';
import { numbers, stream } from './selective_scan.cases.ts';

const SHAPES = [[1], [257], [1, 3, 1], [2, 3, 7], [1, 2, 255], [1, 1, 256], [1, 3, 257], [70, 3]];
const KINDS = ['sum', 'mean', 'max'] as const;
const OVER = ['last', 'all'] as const;

const drawn = (seed: number, count: number) => {
	const next = stream(seed);
	return numbers(count, () => 2 * next() - 1);
};

describe.each(bothEngines)('on $name', ({ open }) => {
	let engine: Engine;
	beforeAll(async () => {
		engine = await open();
	});
	afterAll(() => engine.destroy());

	const run = (
		shape: readonly number[],
		data: ArrayLike<number>,
		how: Omit<Parameters<typeof reduce>[1], 'x'>,
		seed: ArrayLike<number>
	) =>
		runGradients(
			engine,
			{ x: { shape, data } },
			(plan, { x }) => reduce(plan, { x, ...how }),
			seed
		);

	const versions = () => (engine.backend === 'cpu' ? reduceVersions.slice(0, 1) : reduceVersions);

	describe.each(KINDS)('%s', (kind) => {
		it('and its gradient equal the reference', async () => {
			for (const version of versions())
				for (const over of OVER)
					for (const shape of SHAPES) {
						const count = shape.reduce((n, size) => n * size, 1);
						const width = over === 'all' ? count : shape[shape.length - 1];
						const x = drawn(count, count);
						const seed = drawn(width, count / width);
						const { output, gradients } = await run(shape, x, { kind, over, version }, seed);
						const want = reduceReference(kind, x, width);
						// Sums may cancel: their error is measured by what was added.
						const near = 1e-6 * (kind === 'sum' ? Math.sqrt(width) : 1);
						want.forEach((value, row) => expect(Math.abs(output[row] - value)).toBeLessThan(near));
						const slopes = differences(
							{ x: { shape, data: x } },
							({ x }) => reduceReference(kind, x, width),
							seed
						);
						expect(relativeError(gradients.x, slopes.x)).toBeLessThan(1e-4);
					}
		});

		it('equals the reference where it goes in two stages', async () => {
			const x = drawn(3, 20_001);
			for (const version of versions()) {
				const { output, gradients } = await run([20_001], x, { kind, over: 'all', version }, [2]);
				const [want] = reduceReference(kind, x, 20_001);
				expect(Math.abs(output[0] - want)).toBeLessThan(kind === 'sum' ? 1e-4 : 1e-6);
				const place = x.indexOf(want);
				const slope = { sum: 2, mean: 2 / 20_001, max: 0 }[kind];
				const expected = x.map((_, i) => (kind === 'max' && i === place ? 2 : slope));
				expect(relativeError(gradients.x, expected)).toBeLessThan(1e-6);
			}
		});
	});

	it('sends the gradient of equal numbers to the first of them', async () => {
		for (const version of versions()) {
			for (const [over, length] of [
				['last', 300],
				['all', 300],
				['all', 9000]
			] as const) {
				const x = new Float32Array(length).fill(-3);
				for (const at of [41, 42, 290, length - 1]) x[at] = -1;
				const { output, gradients } = await run(
					[1, length],
					x,
					{ kind: 'max', over, version },
					[5]
				);
				expect(output[0]).toBe(-1);
				expect(gradients.x[41]).toBe(5);
				expect(gradients.x.reduce((sum, value) => sum + Math.abs(value), 0)).toBe(5);
			}
		}
	});

	it('gives the shape without the last dimension, or one number', async () => {
		const x = engine.tensor([2, 3, 4]);
		const plan = await engine.plan((plan) =>
			OVER.map((over) => reduce(plan, { x, kind: 'mean', over }).shape)
		);
		expect(plan.result).toEqual([[2, 3], [1]]);
		const one = engine.tensor([]);
		await expect(
			engine.plan((plan) => reduce(plan, { x: one, kind: 'sum', over: 'all' }))
		).rejects.toThrow(ShapeError);
	});
});
