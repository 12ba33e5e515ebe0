// The associative scan on every engine, held to its reference, to differences, and version to version.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { associativeScan, SCAN_VERSIONS } from '#kernels/associative_scan/index.ts';
import {
	associativeScanReference,
	combine,
	type Pair,
	type ScanVersion
} from '#kernels/associative_scan/reference.ts';
import { ShapeError, type Engine } from '#lib/engine/index.ts';
import { bothEngines, runOnce, upload } from './engines.ts';
import { differences, relativeError, runGradients } from './gradients.ts';

/** Numbers in (−1, 1) that a seed decides. */
function stream(seed: number): () => number {
	let state = seed >>> 0;
	return () => {
		state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
		return (state / 2 ** 32) * 2 - 1;
	};
}

interface Sizes {
	readonly batch: number;
	readonly length: number;
	readonly channels: number;
}

/** Decays of both signs, most of them near one; (batch, length, channels). */
function inputOf({ batch, length, channels }: Sizes, seed: number) {
	const next = stream(seed);
	const count = batch * length * channels;
	return {
		a: Float32Array.from({ length: count }, () => (1 - next() ** 4) * (next() < -0.8 ? -1 : 1)),
		b: Float32Array.from({ length: count }, next)
	};
}

/** The reference's sequential scan, channel by channel. */
function wanted(a: ArrayLike<number>, b: ArrayLike<number>, { batch, length, channels }: Sizes) {
	const h = new Float64Array(batch * length * channels);
	for (let text = 0; text < batch; text++)
		for (let channel = 0; channel < channels; channel++) {
			const at = (t: number) => (text * length + t) * channels + channel;
			let now: Pair = { a: 1, b: 0 };
			for (let t = 0; t < length; t++) {
				now = combine(now, { a: a[at(t)], b: b[at(t)] });
				h[at(t)] = now.b;
			}
		}
	return h;
}

async function run(
	engine: Engine,
	sizes: Sizes,
	given: { a: ArrayLike<number>; b: ArrayLike<number> },
	version?: ScanVersion,
	chunk?: number
): Promise<Float32Array> {
	const shape = [sizes.batch, sizes.length, sizes.channels];
	const a = upload(engine, shape, given.a);
	const b = upload(engine, shape, given.b);
	const [h] = await runOnce(engine, (plan) => [associativeScan(plan, { a, b, version, chunk })]);
	for (const tensor of [a, b]) engine.free(tensor);
	return h as Float32Array;
}

describe('the swapped operator', () => {
	const swapped = (earlier: Pair, later: Pair) => combine(later, earlier);
	const associative = (x: Pair, y: Pair, z: Pair) => {
		const one = swapped(swapped(x, y), z);
		const other = swapped(x, swapped(y, z));
		return one.a === other.a && one.b === other.b;
	};

	it('is associative, exactly, on all small whole numbers', () => {
		const values = [-2, -1, 0, 1, 2];
		const pairs = values.flatMap((a) => values.map((b) => ({ a, b })));
		for (const x of pairs)
			for (const y of pairs) for (const z of pairs) expect(associative(x, y, z)).toBe(true);
	});

	it('is right for one token, and wrong for two as soon as a₂b₁ + b₂ ≠ a₁b₂ + b₁', () => {
		// Nothing shorter than two tokens and nothing smaller than zeros and ones can tell them apart.
		const one: Pair[] = [{ a: 0, b: 1 }];
		const two: Pair[] = [...one, { a: 0, b: 0 }];
		for (const version of SCAN_VERSIONS) {
			expect(associativeScanReference(one, version, 4, swapped).pairs[0].b).toBe(1);
			expect(associativeScanReference(two, version, 4).pairs[1].b).toBe(0);
			expect(associativeScanReference(two, version, 4, swapped).pairs[1].b).toBe(1);
		}
	});
});

describe.each(bothEngines)('on $name', ({ open }) => {
	let engine: Engine;
	beforeAll(async () => {
		engine = await open();
	});
	afterAll(() => engine.destroy());

	it.each(SCAN_VERSIONS)(
		'%s equals the reference at every length around its edges',
		async (version) => {
			for (const length of [1, 2, 3, 4, 5, 15, 16, 17, 31, 32, 33, 63, 64, 65, 129]) {
				const sizes = { batch: 2, length, channels: 3 };
				const given = inputOf(sizes, length);
				const want = wanted(given.a, given.b, sizes);
				for (const chunk of version === 'chunked' ? [undefined, 1, 16, 200] : [undefined])
					expect(
						relativeError(await run(engine, sizes, given, version, chunk), want),
						`length ${length}, chunk ${chunk}`
					).toBeLessThan(1e-5);
			}
		}
	);

	it.each(SCAN_VERSIONS)('%s gives the gradients that differences give', async (version) => {
		for (const length of [1, 2, 11]) {
			const sizes = { batch: 2, length, channels: 3 };
			const given = inputOf(sizes, 5);
			const shape = [2, length, 3];
			const inputs = { a: { shape, data: given.a }, b: { shape, data: given.b } };
			const next = stream(9);
			const seed = Float32Array.from({ length: 6 * length }, next);
			const want = differences(inputs, ({ a, b }) => wanted(a, b, sizes), seed);
			const got = await runGradients(
				engine,
				inputs,
				(plan, { a, b }) => associativeScan(plan, { a, b, version, chunk: 4 }),
				seed
			);
			for (const name of ['a', 'b'] as const)
				expect(relativeError(got.gradients[name], want[name]), `${name} at ${length}`).toBeLessThan(
					1e-4
				);
		}
	});

	it('versions agree on shapes drawn at random, on the way there and back', async () => {
		const next = stream(21);
		const draw = (most: number) => 1 + Math.floor(((next() + 1) / 2) * most);
		for (let round = 0; round < 4; round++) {
			const sizes = { batch: draw(3), length: draw(300), channels: draw(70) };
			const given = inputOf(sizes, round);
			const shape = [sizes.batch, sizes.length, sizes.channels];
			const inputs = { a: { shape, data: given.a }, b: { shape, data: given.b } };
			const chunk = draw(40);
			const found = [];
			for (const version of SCAN_VERSIONS)
				found.push(
					await runGradients(
						engine,
						inputs,
						(plan, { a, b }) => associativeScan(plan, { a, b, version, chunk }),
						given.b
					)
				);
			const [first, ...others] = found;
			for (const other of others) {
				expect(relativeError(other.output, first.output)).toBeLessThan(1e-5);
				expect(relativeError(other.gradients.a, first.gradients.a)).toBeLessThan(1e-5);
				expect(relativeError(other.gradients.b, first.gradients.b)).toBeLessThan(1e-5);
			}
		}
	});

	it('stays right over 64 K tokens', async () => {
		const sizes = { batch: 1, length: 65536, channels: 2 };
		const given = inputOf(sizes, 3);
		const want = wanted(given.a, given.b, sizes);
		for (const version of SCAN_VERSIONS)
			expect(relativeError(await run(engine, sizes, given, version), want), version).toBeLessThan(
				1e-5
			);
	});

	it('takes one text without a batch', async () => {
		const a = upload(engine, [3, 1], [0, 2, 3]);
		const b = upload(engine, [3, 1], [1, 1, 1]);
		const [h] = await runOnce(engine, (plan) => [associativeScan(plan, { a, b })]);
		expect([...h]).toEqual([1, 3, 10]);
		for (const tensor of [a, b]) engine.free(tensor);
	});

	it.each(SCAN_VERSIONS)('%s takes one tensor as decays and as inputs', async (version) => {
		const sizes = { batch: 1, length: 9, channels: 2 };
		const { b } = inputOf(sizes, 4);
		const x = upload(engine, [1, 9, 2], b);
		const [h] = await runOnce(engine, (plan) => [associativeScan(plan, { a: x, b: x, version })]);
		expect(relativeError(h, wanted(b, b, sizes))).toBeLessThan(1e-5);
		engine.free(x);
	});

	it('says in words what does not fit', async () => {
		const a = upload(engine, [2, 3], new Float32Array(6));
		const b = upload(engine, [3, 2], new Float32Array(6));
		await expect(runOnce(engine, (plan) => [associativeScan(plan, { a, b })])).rejects.toThrow(
			ShapeError
		);
		await expect(
			runOnce(engine, (plan) => [associativeScan(plan, { a, b: a, chunk: 0 })])
		).rejects.toThrow('a chunk of 0 tokens');
		for (const tensor of [a, b]) engine.free(tensor);
	});
});
