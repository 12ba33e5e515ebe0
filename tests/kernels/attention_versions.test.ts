// The versions of attention that go on from a cache, take heads of any size, or leave their scores in memory.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ShapeError, type Engine } from '#lib/engine/index.ts';
import {
	advance,
	attention,
	type AttentionPart,
	type AttentionVersion
} from '#kernels/attention/index.ts';
import { attentionReference } from '#kernels/attention/reference.ts';
import { engines, runOnce, upload } from './engines.ts';
import { differences, relativeError, runGradients } from './gradients.ts';

/** Numbers in (−1, 1) that a seed decides. */
function stream(seed: number): () => number {
	let state = seed >>> 0;
	return () => {
		state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
		return (state / 2 ** 32) * 2 - 1;
	};
}
const numbers = (count: number, seed: number, size = 1) => {
	const next = stream(seed);
	return Float32Array.from({ length: count }, () => size * next());
};

interface Heads {
	readonly heads: number;
	readonly kvHeads: number;
	readonly headDim: number;
}
/** Where many tokens are the point. */
const small: Heads = { heads: 2, kvHeads: 1, headDim: 8 };
/** One head size in fours and one that is not: two pipelines a version. */
const even: Heads = { heads: 4, kvHeads: 2, headDim: 8 };
const odd: Heads = { heads: 3, kvHeads: 1, headDim: 10 };

function inputOf({ heads, kvHeads, headDim }: Heads, length: number, seed: number, size = 3) {
	return {
		q: numbers(length * heads * headDim, seed, size),
		k: numbers(length * kvHeads * headDim, seed + 1, size),
		v: numbers(length * kvHeads * headDim, seed + 2)
	};
}

/** A text of `length` tokens read in pieces, each continuing from the cache. */
async function inPieces(
	engine: Engine,
	sizes: Heads,
	length: number,
	pieces: readonly number[],
	versionOf: (count: number) => AttentionVersion,
	capacity = length + 3
): Promise<{ got: number[]; want: Float64Array }> {
	const input = inputOf(sizes, length, length);
	const width = sizes.kvHeads * sizes.headDim;
	const cache = {
		k: engine.tensor([1, capacity, width]),
		v: engine.tensor([1, capacity, width]),
		position: engine.tensor([1], { dtype: 'u32' })
	};
	const got: number[] = [];
	let at = 0;
	for (const count of pieces) {
		const cut = (all: Float32Array) => {
			const row = all.length / length;
			return upload(engine, [1, count, row], all.subarray(at * row, (at + count) * row));
		};
		const [q, k, v] = [input.q, input.k, input.v].map(cut);
		const [y] = await runOnce(engine, (plan) => {
			const read = attention(plan, { q, k, v, ...sizes, cache, version: versionOf(count) });
			advance(plan, cache.position, count);
			return [read];
		});
		for (const one of y) got.push(one);
		at += count;
		for (const tensor of [q, k, v]) engine.free(tensor);
	}
	for (const tensor of [cache.k, cache.v, cache.position]) engine.free(tensor);
	return { got, want: attentionReference(input.q, input.k, input.v, sizes) };
}

describe.each(engines)('attention on $name', ({ name, open }) => {
	// A pipeline of flash_wide takes seconds to make on an imitated GPU: heads in fours are tried on one of the two, others on the
	// other one.
	const sizesFor = (version: AttentionVersion): readonly Heads[] =>
		version !== 'flash_wide' || name === 'cpu'
			? [even, odd]
			: [name === 'webgpu-default-limits' ? odd : even];
	let engine: Engine;
	beforeAll(async () => {
		engine = await open();
	});
	afterAll(() => engine.destroy());

	async function whole(version: AttentionVersion, sizes: Heads, length: number, size = 3) {
		const input = inputOf(sizes, length, length + 7, size);
		const tensors = Object.entries(input).map(([, data]) =>
			upload(engine, [1, length, data.length / length], data)
		);
		const [q, k, v] = tensors;
		const [y] = await runOnce(engine, (plan) => [attention(plan, { q, k, v, ...sizes, version })]);
		for (const tensor of tensors) engine.free(tensor);
		return relativeError(y, attentionReference(input.q, input.k, input.v, sizes));
	}

	describe.each(['materialised', 'flash_wide'] as const)('the %s version', (version) => {
		it('equals the reference around the edges of its tiles, heads in fours and not', async () => {
			for (const length of [1, 31, 32, 33, 64, 65])
				for (const sizes of sizesFor(version))
					expect(await whole(version, sizes, length), `${sizes.headDim} at ${length}`).toBeLessThan(
						2e-5
					);
		});

		it('takes scores that lie far apart', async () => {
			expect(await whole(version, sizesFor(version)[0], 70, 30)).toBeLessThan(1e-4);
		});

		it('goes on from a cache', async () => {
			for (const sizes of sizesFor(version)) {
				const { got, want } = await inPieces(engine, sizes, 103, [1, 40, 62], () => version);
				expect(relativeError(got, want), `${sizes.headDim}`).toBeLessThan(2e-5);
			}
		});

		it('gives the gradients that differences give', async () => {
			const length = 6;
			const [sizes] = sizesFor(version);
			const { q, k, v } = inputOf(sizes, length, 3, 1);
			const shape = (data: Float32Array) => ({ shape: [1, length, data.length / length], data });
			const inputs = { q: shape(q), k: shape(k), v: shape(v) };
			const seed = numbers(q.length, 4);
			const { gradients } = await runGradients(
				engine,
				inputs,
				(plan, tensors) => attention(plan, { ...tensors, ...sizes, version }),
				seed
			);
			const want = differences(inputs, ({ q, k, v }) => attentionReference(q, k, v, sizes), seed);
			for (const name of ['q', 'k', 'v'] as const)
				expect(relativeError(gradients[name], want[name]), name).toBeLessThan(1e-4);
		});
	});

	it('flash_wide takes heads of more columns than a workgroup has', async () => {
		if (name === 'webgpu-default-limits') return;
		expect(await whole('flash_wide', { heads: 2, kvHeads: 1, headDim: 80 }, 33)).toBeLessThan(2e-5);
	});

	it('flash_wide stays right over long rows', async () => {
		const { headDim } = sizesFor('flash_wide')[0];
		expect(await whole('flash_wide', { ...small, headDim }, 700)).toBeLessThan(2e-5);
	});

	it('decode reads token by token what is read at once', async () => {
		for (const sizes of [even, odd]) {
			const { got, want } = await inPieces(engine, sizes, 40, [37, 1, 1, 1], (count) =>
				count === 1 ? 'decode' : 'row'
			);
			expect(relativeError(got, want), `${sizes.headDim}`).toBeLessThan(2e-5);
		}
	});

	it('decode takes the spans of a long cache apart and joins them, empty ones too', async () => {
		// 1024 keys and then one in a second span; the third one is empty.
		const { got, want } = await inPieces(
			engine,
			small,
			1025,
			[1023, 1, 1],
			(count) => (count === 1 ? 'decode' : 'row'),
			2060
		);
		expect(relativeError(got, want)).toBeLessThan(2e-5);
	});

	it('decodes several tokens in one submission, the position staying on the device', async () => {
		const length = 5;
		const { q, k, v } = inputOf(even, length, 12);
		const row = (all: Float32Array, t: number) => {
			const width = all.length / length;
			return upload(engine, [1, 1, width], all.subarray(t * width, (t + 1) * width));
		};
		const tokens = Array.from({ length }, (_, t) => [row(q, t), row(k, t), row(v, t)]);
		const cache = {
			k: engine.tensor([1, 8, 16]),
			v: engine.tensor([1, 8, 16]),
			position: engine.tensor([1], { dtype: 'u32' })
		};
		const rows = await runOnce(engine, (plan) =>
			tokens.map(([q, k, v]) => {
				const y = attention(plan, { q, k, v, ...even, cache, version: 'decode' });
				advance(plan, cache.position, 1);
				return y;
			})
		);
		const got = rows.flatMap((one) => [...one]);
		expect(relativeError(got, attentionReference(q, k, v, even))).toBeLessThan(2e-5);
		for (const tensor of [...tokens.flat(), cache.k, cache.v, cache.position]) engine.free(tensor);
	});

	it('materialised shows scores and shares: every row of shares sums to one, none from later keys', async () => {
		const length = 9;
		const input = inputOf(odd, length, 2);
		const [q, k, v] = [input.q, input.k, input.v].map((data) =>
			upload(engine, [1, length, data.length / length], data)
		);
		const shown: AttentionPart[] = [];
		const [scores, shares] = await runOnce(engine, (plan) => {
			const kept = [plan.tensor([1], 'none')].slice(1);
			attention(plan, {
				...{ q, k, v, ...odd, version: 'materialised' },
				inspect: (part, tensor) => {
					shown.push(part);
					kept.push(tensor);
				}
			});
			return kept;
		});
		expect(shown).toEqual(['scores', 'shares']);
		const { heads, headDim } = odd;
		for (let head = 0; head < heads; head++)
			for (let t = 0; t < length; t++) {
				const at = (head * length + t) * length;
				let sum = 0;
				for (let s = 0; s < length; s++) {
					sum += shares[at + s];
					if (s > t) expect(shares[at + s]).toBe(0);
					else {
						let score = 0;
						for (let i = 0; i < headDim; i++)
							score += input.q[(t * heads + head) * headDim + i] * input.k[s * headDim + i];
						expect(scores[at + s]).toBeCloseTo(score / Math.sqrt(headDim), 4);
					}
				}
				expect(sum).toBeCloseTo(1, 5);
			}
		for (const tensor of [q, k, v]) engine.free(tensor);
	});

	it('versions agree on shapes drawn at random', async () => {
		const next = stream(5);
		const draw = (most: number) => 1 + Math.floor(((next() + 1) / 2) * most);
		for (let round = 0; round < 4; round++) {
			const kvHeads = draw(3);
			const heads = kvHeads * draw(3);
			const length = draw(80);
			for (const version of ['row', 'materialised', 'flash_wide'] as const) {
				const among = sizesFor(version);
				const { headDim } = among[round % among.length];
				const error = await whole(version, { heads, kvHeads, headDim }, length);
				expect(error, `${version} ${length}`).toBeLessThan(2e-5);
			}
		}
	});

	it('says in words what a version cannot do', async () => {
		const x = engine.tensor([1, 2, 8]);
		await expect(
			runOnce(engine, (plan) => [
				attention(plan, { q: x, k: x, v: x, heads: 1, kvHeads: 1, headDim: 8, version: 'decode' })
			])
		).rejects.toThrow(ShapeError);
		engine.free(x);
	});
});
