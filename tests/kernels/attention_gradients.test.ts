// The way back through attention in tiles, held to differences of the reference and to the way back query by query.
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openEngine, type Engine } from '#lib/engine/index.ts';
import { attention } from '#kernels/attention/index.ts';
import { attentionReference } from '#kernels/attention/reference.ts';
import { dawn } from '../../src/cli/dawn.ts';
import { differences, relativeError, runGradients } from './gradients.ts';
import { stream } from './selective_scan.cases.ts';

interface Sizes {
	readonly heads: number;
	readonly kvHeads: number;
	readonly headDim: number;
}

const narrow: Sizes = { heads: 4, kvHeads: 2, headDim: 8 };
const CLOSE = 2e-5;

const numbers = (count: number, seed: number, size = 1) => {
	const next = stream(seed);
	return Float32Array.from({ length: count }, () => size * (2 * next() - 1));
};

let engine: Engine;
beforeAll(async () => {
	({ engine } = await openEngine('webgpu', { gpu: dawn() }));
});
afterAll(() => engine.destroy());

/** q, k and v side by side in one tensor (`packed`), or in three. */
function back(
	version: string,
	batch: number,
	length: number,
	sizes: Sizes,
	packed: boolean,
	wanted: 'all' | 'keys' = 'all'
) {
	const { heads, kvHeads, headDim } = sizes;
	const [a, b] = [heads * headDim, kvHeads * headDim];
	const input = (width: number, seed: number) => ({
		shape: [batch, length, width],
		data: numbers(batch * length * width, seed + length, 2),
		fixed: wanted === 'keys' && seed !== 2
	});
	const seed = numbers(batch * length * a, 5);
	const versions = { attention_backward: version };
	if (packed)
		return runGradients(
			engine,
			{ qkv: input(a + 2 * b + 4, 9) },
			(plan, { qkv }) =>
				attention(plan, {
					...{ q: qkv, k: qkv, v: qkv, ...sizes },
					qColumns: [4, a + 4],
					kColumns: [a + 4, a + b + 4],
					vColumns: [a + b + 4, a + 2 * b + 4]
				}),
			seed,
			versions
		);
	return runGradients(
		engine,
		{ q: input(a, 1), k: input(b, 2), v: input(b, 3) },
		(plan, tensors) => attention(plan, { ...tensors, ...sizes }),
		seed,
		versions
	);
}

it('gives the gradients that differences give', async () => {
	const length = 6;
	const { heads, kvHeads, headDim } = narrow;
	const input = (count: number, seed: number) => ({
		shape: [1, length, count * headDim],
		data: numbers(length * count * headDim, seed)
	});
	const inputs = { q: input(heads, 1), k: input(kvHeads, 2), v: input(kvHeads, 3) };
	const seed = numbers(length * heads * headDim, 4);
	const { gradients } = await runGradients(
		engine,
		inputs,
		(plan, tensors) => attention(plan, { ...tensors, ...narrow }),
		seed,
		{ attention_backward: 'tiled' }
	);
	const want = differences(inputs, ({ q, k, v }) => attentionReference(q, k, v, narrow), seed);
	for (const name of ['q', 'k', 'v'] as const)
		expect(relativeError(gradients[name], want[name]), name).toBeLessThan(1e-4);
});

it.each([1, 63, 64, 65, 130])('agrees with the way query by query at %i tokens', async (length) => {
	for (const packed of [false, true]) {
		const [got, want] = [
			await back('tiled', 2, length, narrow, packed),
			await back('one by one', 2, length, narrow, packed)
		];
		for (const [name, gradient] of Object.entries(got.gradients))
			expect(
				relativeError(gradient, want.gradients[name as keyof typeof want.gradients]),
				`${name} at ${length}`
			).toBeLessThan(CLOSE);
	}
});

it.each([20, 68])('takes heads of %i', async (headDim) => {
	const sizes = { heads: 2, kvHeads: 1, headDim };
	const [got, want] = [
		await back('tiled', 1, 70, sizes, false),
		await back('one by one', 1, 70, sizes, false)
	];
	for (const [name, gradient] of Object.entries(got.gradients))
		expect(
			relativeError(gradient, want.gradients[name as keyof typeof want.gradients]),
			name
		).toBeLessThan(CLOSE);
});

it('gives the keys alone where nobody asks for the others', async () => {
	const [got, want] = [
		await back('tiled', 1, 70, narrow, false, 'keys'),
		await back('tiled', 1, 70, narrow, false)
	];
	expect(Object.keys(got.gradients)).toEqual(['k']);
	expect([...(got.gradients as { k: Float32Array }).k]).toEqual([
		...(want.gradients as { k: Float32Array }).k
	]);
});
