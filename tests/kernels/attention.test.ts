import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Engine } from '#lib/engine/index.ts';
import { advance, attention, type AttentionVersion } from '#kernels/attention/index.ts';
import { attentionReference } from '#kernels/attention/reference.ts';
import { bothEngines, runOnce, upload } from './engines.ts';
import { differences, relativeError, runGradients } from './gradients.ts';

/** Numbers in −1…1 that are the same every time. */
function numbers(count: number, seed: number): Float32Array {
	let state = seed >>> 0;
	return Float32Array.from({ length: count }, () => {
		state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
		return state / 2 ** 31 - 1;
	});
}

interface Sizes {
	readonly heads: number;
	readonly kvHeads: number;
	readonly headDim: number;
}

const versions: AttentionVersion[] = ['row', 'flash'];
const narrow: Sizes = { heads: 4, kvHeads: 2, headDim: 8 };
const wide: Sizes = { heads: 2, kvHeads: 1, headDim: 64 };

function cut(all: ArrayLike<number>, stride: number, from: number, to: number): Float32Array {
	return Float32Array.from({ length: (all.length / stride) * (to - from) }, (_, i) => {
		const row = Math.floor(i / (to - from));
		return all[row * stride + from + (i % (to - from))];
	});
}

/** q, k and v side by side in one tensor, as projections leave them. */
async function check(
	engine: Engine,
	version: AttentionVersion,
	length: number,
	sizes: Sizes,
	size = 3
) {
	const { heads, kvHeads, headDim } = sizes;
	const a = heads * headDim;
	const b = a + kvHeads * headDim;
	const stride = b + kvHeads * headDim;
	const data = numbers(2 * length * stride, length * 31 + headDim).map((x) => x * size);
	const tensor = upload(engine, [2, length, stride], data);
	const [y] = await runOnce(engine, (plan) => [
		attention(plan, {
			q: tensor,
			qColumns: [0, a],
			k: tensor,
			kColumns: [a, b],
			v: tensor,
			vColumns: [b, stride],
			...sizes,
			version
		})
	]);
	engine.free(tensor);
	for (const text of [0, 1]) {
		const part = data.subarray(text * length * stride, (text + 1) * length * stride);
		const want = attentionReference(
			cut(part, stride, 0, a),
			cut(part, stride, a, b),
			cut(part, stride, b, stride),
			sizes
		);
		const got = y.subarray(text * length * a, (text + 1) * length * a);
		expect(relativeError(got, want), `${version} ${length}`).toBeLessThan(2e-5);
	}
}

describe.each(bothEngines)('attention on $name', ({ open }) => {
	let engine: Engine;
	beforeAll(async () => {
		engine = await open();
	});
	afterAll(() => engine.destroy());

	it.each(versions)('%s equals the reference around the edges of its tiles', async (version) => {
		for (const length of [1, 63, 64, 65, 130]) await check(engine, version, length, narrow);
		await check(engine, version, 70, wide);
	});

	it('flash has heads of 128, and scores far apart', async () => {
		await check(engine, 'flash', 65, { heads: 1, kvHeads: 1, headDim: 128 });
		await check(engine, 'flash', 70, narrow, 12);
	});

	it.each(versions)('%s gives the gradients that differences give', async (version) => {
		const length = 5;
		const shape = (count: number) => [1, length, count * narrow.headDim];
		const input = (count: number, seed: number) => ({
			shape: shape(count),
			data: numbers(length * count * narrow.headDim, seed)
		});
		const inputs = { q: input(4, 1), k: input(2, 2), v: input(2, 3) };
		const seed = numbers(length * 4 * narrow.headDim, 4);
		const { gradients } = await runGradients(
			engine,
			inputs,
			(plan, { q, k, v }) => attention(plan, { q, k, v, ...narrow, version }),
			seed
		);
		const want = differences(inputs, ({ q, k, v }) => attentionReference(q, k, v, narrow), seed);
		for (const name of ['q', 'k', 'v'] as const)
			expect(relativeError(gradients[name], want[name]), name).toBeLessThan(1e-4);
	});

	it('a text read in pieces through a cache equals the text read at once', async () => {
		const pieces = [3, 1, 1];
		const length = 5;
		const q = numbers(length * 32, 5);
		const k = numbers(length * 16, 6);
		const v = numbers(length * 16, 7);
		const cache = {
			k: engine.tensor([1, 8, 16]),
			v: engine.tensor([1, 8, 16]),
			position: engine.tensor([1], { dtype: 'u32' })
		};
		const got: number[] = [];
		let at = 0;
		for (const count of pieces) {
			const piece = (all: Float32Array, width: number) =>
				upload(engine, [1, count, width], all.subarray(at * width, (at + count) * width));
			const tensors = { q: piece(q, 32), k: piece(k, 16), v: piece(v, 16) };
			const [y] = await runOnce(engine, (plan) => {
				const made = attention(plan, { ...tensors, ...narrow, cache });
				advance(plan, cache.position, count);
				return [made];
			});
			got.push(...y);
			at += count;
		}
		expect(relativeError(got, attentionReference(q, k, v, narrow))).toBeLessThan(1e-5);
	});

	it('versions agree on shapes drawn at random', async () => {
		const draws = numbers(6, 11);
		for (let i = 0; i < 3; i++) {
			const length = 1 + Math.floor((draws[2 * i] + 1) * 90);
			const kvHeads = 1 + Math.floor((draws[2 * i + 1] + 1) * 1.5);
			const sizes = { heads: 2 * kvHeads, kvHeads, headDim: 8 };
			for (const version of versions) await check(engine, version, length, sizes);
		}
	});

	it('refuses what flash cannot do', async () => {
		const odd = engine.tensor([1, 2, 6]);
		await expect(
			runOnce(engine, (plan) => [
				attention(plan, {
					q: odd,
					k: odd,
					v: odd,
					heads: 1,
					kvHeads: 1,
					headDim: 6,
					version: 'flash'
				})
			])
		).rejects.toThrow('version flash cannot do');
	});
});
