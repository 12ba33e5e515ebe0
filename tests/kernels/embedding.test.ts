// Rows of a table and the gradient of the table, held to the plain reference; sums come out the same each time.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ShapeError, type Engine } from '#lib/engine/index.ts';
import { backwardVersions, embedding } from '#kernels/embedding/index.ts';
import { embeddingBackwardReference, embeddingReference } from '#kernels/embedding/reference.ts';
import { multiply } from '#kernels/elementwise/index.ts';
import { linear } from '#kernels/linear/index.ts';
import { bothEngines } from './engines.ts';
import { differences, relativeError, runGradients } from './gradients.ts';
import { numbers, stream } from './selective_scan.cases.ts';

/** Places around the edges of a piece (32) and of a block of the sort (64). */
const COUNTS = [1, 2, 31, 32, 33, 63, 64, 65, 97, 200];

describe.each(bothEngines)('on $name', ({ open }) => {
	let engine: Engine;
	beforeAll(async () => {
		engine = await open();
	});
	afterAll(() => engine.destroy());

	const versions = () => (engine.backend === 'cpu' ? [undefined] : backwardVersions);

	const run = (
		ids: Uint32Array,
		weight: ArrayLike<number>,
		width: number,
		seed: ArrayLike<number>,
		version?: string
	) =>
		runGradients(
			engine,
			{
				ids: { shape: [1, ids.length], data: ids, fixed: true },
				weight: { shape: [weight.length / width, width], data: weight }
			},
			(plan, tensors) => embedding(plan, tensors),
			seed,
			version ? { 'embedding backward': version } : {}
		);

	/** Draw a table, ids by `idOf`, and a seed; hold output and gradient to the reference. */
	async function agree(
		{ count, vocabulary, width }: { count: number; vocabulary: number; width: number },
		idOf: (uniform: number, i: number) => number
	) {
		const next = stream(count * width + vocabulary);
		const ids = Uint32Array.from({ length: count }, (_, i) => idOf(next(), i));
		const weight = numbers(vocabulary * width, () => 2 * next() - 1);
		const seed = numbers(count * width, () => 2 * next() - 1);
		const want = embeddingBackwardReference(ids, Float32Array.from(seed), { vocabulary, width });
		for (const version of versions()) {
			const { output, gradients } = await run(ids, weight, width, seed, version);
			expect(relativeError(output, embeddingReference(ids, weight, width))).toBeLessThan(1e-7);
			expect(relativeError(gradients.weight, want)).toBeLessThan(1e-6);
		}
	}

	it('equals the reference at every count around the edges of pieces and blocks', async () => {
		for (const count of COUNTS)
			for (const vocabulary of [1, 2, 5, 90])
				await agree({ count, vocabulary, width: 3 }, (uniform) => Math.floor(uniform * vocabulary));
	});

	it('equals the reference for one id that stands everywhere, and beside others', async () => {
		for (const count of [65, 700]) {
			await agree({ count, vocabulary: 70, width: 65 }, () => 69);
			await agree({ count, vocabulary: 70, width: 65 }, (uniform) =>
				uniform < 0.8 ? 40 : Math.floor(70 * uniform)
			);
		}
	});

	it('equals the reference for tables whose numbers have one, two or three digits', async () => {
		for (const vocabulary of [64, 65, 4096, 4097])
			await agree({ count: 300, vocabulary, width: 2 }, (uniform, i) =>
				i % 7 === 0 ? vocabulary - 1 : Math.floor(uniform ** 3 * vocabulary)
			);
	});

	it('agrees between versions on random shapes', async () => {
		const next = stream(2026);
		const whole = (most: number) => 1 + Math.floor(next() * most);
		for (let round = 0; round < 6; round++) {
			const sizes = { count: whole(400), vocabulary: whole(300), width: whole(80) };
			await agree(sizes, (uniform) => Math.floor(uniform ** 2 * sizes.vocabulary));
		}
	});

	it('has the same sums to the last bit in every run', async () => {
		const next = stream(4);
		const ids = Uint32Array.from({ length: 999 }, () => Math.floor(next() ** 4 * 50));
		const weight = new Float32Array(50 * 4);
		const seed = numbers(999 * 4, () => 2 * next() - 1);
		for (const version of versions()) {
			const first = await run(ids, weight, 4, seed, version);
			for (let again = 0; again < 2; again++)
				expect((await run(ids, weight, 4, seed, version)).gradients.weight).toEqual(
					first.gradients.weight
				);
		}
	});

	it('adds to what a tied head has given, and to what another embedding has', async () => {
		const [vocabulary, width, count] = [9, 5, 40];
		const next = stream(8);
		const ids = Uint32Array.from({ length: count }, () => Math.floor(next() * vocabulary));
		const inputs = {
			ids: { shape: [1, count], data: ids, fixed: true },
			weight: { shape: [vocabulary, width], data: numbers(45, () => 2 * next() - 1) }
		};
		const seed = numbers(count * vocabulary, () => 2 * next() - 1);
		// logits = (e · e) Wᵀ: the table is read by two embeddings and the head.
		const want = differences(
			inputs,
			({ weight }) => {
				const rows = embeddingReference(ids, weight, width).map((value) => value * value);
				return Float64Array.from({ length: seed.length }, (_, i) => {
					const [row, out] = [Math.floor(i / vocabulary), i % vocabulary];
					let sum = 0;
					for (let k = 0; k < width; k++) sum += rows[row * width + k] * weight[out * width + k];
					return sum;
				});
			},
			seed
		);
		for (const version of versions()) {
			const { gradients } = await runGradients(
				engine,
				inputs,
				(plan, { ids, weight }) => {
					const [a, b] = [embedding(plan, { ids, weight }), embedding(plan, { ids, weight })];
					return linear(plan, { x: multiply(plan, { a, b }), weight });
				},
				seed,
				version ? { 'embedding backward': version } : {}
			);
			expect(relativeError(gradients.weight, want.weight)).toBeLessThan(1e-5);
		}
	});

	it('reads the last row for ids past the end, and sends their gradient there', async () => {
		const ids = Uint32Array.of(0, 7, 4294967295);
		for (const version of versions()) {
			const { output, gradients } = await run(ids, [1, 2, 3, 4], 2, [1, 1, 2, 2, 4, 4], version);
			expect([...output]).toEqual([1, 2, 3, 4, 3, 4]);
			expect([...gradients.weight]).toEqual([1, 1, 6, 6]);
		}
	});

	it('says what does not fit', async () => {
		const ids = engine.tensor([1, 2], { dtype: 'u32' });
		const weight = engine.tensor([3, 4]);
		const build = (given: object) =>
			engine.plan((plan) => embedding(plan, { ids, weight, ...given }));
		await expect(build({ ids: engine.tensor([2], { dtype: 'u32' }) })).rejects.toThrow(ShapeError);
		await expect(build({ ids: engine.tensor([1, 2]) })).rejects.toThrow('whole numbers');
		await expect(build({ weight: engine.tensor([4]) })).rejects.toThrow('rows of numbers');
	});
});
