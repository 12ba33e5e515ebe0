// Dropout: one mask for seed, step, layer and place, on every engine and on the way back.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { checkpoint, gradients, ShapeError, type Engine } from '#lib/engine/index.ts';
import { dropout } from '#kernels/dropout/index.ts';
import { dropoutReference } from '#kernels/dropout/reference.ts';
import { multiply } from '#kernels/elementwise/index.ts';
import { bothEngines } from './engines.ts';
import { relativeError, runGradients } from './gradients.ts';
import { numbers, stream } from './selective_scan.cases.ts';

const SIZES = [1, 2, 255, 256, 257, 511, 512, 513, 1025];

const drawn = (seed: number, count: number) => {
	const next = stream(seed);
	return numbers(count, () => 0.5 + next());
};

describe.each(bothEngines)('on $name', ({ open }) => {
	let engine: Engine;
	beforeAll(async () => {
		engine = await open();
	});
	afterAll(() => engine.destroy());

	const run = (
		x: ArrayLike<number>,
		{ rate = 0.3, layer = 0, seed = 7, step = 1 } = {},
		above: ArrayLike<number> = x
	) =>
		runGradients(
			engine,
			{
				x: { shape: [1, 1, x.length], data: x },
				settings: { shape: [2], data: Uint32Array.of(seed, step), fixed: true }
			},
			(plan, { x, settings }) => dropout(plan, { x, rate, layer, settings }),
			above
		);

	it('has the mask of the reference, and sends gradients through the same', async () => {
		for (const size of SIZES)
			for (const [rate, layer, seed, step] of [
				[0.1, 0, 0, 0],
				[0.5, 3, 7, 12],
				[0.9, 0xffffffff, 0xfffffffe, 0xfffffffd]
			]) {
				const x = drawn(size, size);
				const above = drawn(size + 1, size);
				const { output, gradients } = await run(x, { rate, layer, seed, step }, above);
				const want = dropoutReference({ x, rate, layer, seed, step });
				const back = dropoutReference({ x: above, rate, layer, seed, step });
				expect(relativeError(output, want)).toBeLessThan(1e-6);
				expect(relativeError(gradients.x, back)).toBeLessThan(1e-6);
			}
	});

	it('keeps about its share, and the mean', async () => {
		const ones = new Float32Array(20_001).fill(1);
		for (const rate of [0.1, 0.5, 0.8]) {
			const { output } = await run(ones, { rate });
			const kept = output.filter((value) => value !== 0);
			// Five standard deviations of a share of so many draws.
			const near = 5 * Math.sqrt((rate * (1 - rate)) / ones.length);
			expect(Math.abs(kept.length / ones.length - (1 - rate))).toBeLessThan(near);
			expect(new Set(kept)).toEqual(new Set([Math.fround(1 / (1 - rate))]));
		}
	});

	it('has another mask at another step, layer or seed, independent of the first', async () => {
		const ones = new Float32Array(8192).fill(1);
		const maskOf = async (how: object) => (await run(ones, { rate: 0.5, ...how })).output;
		const first = await maskOf({});
		expect(await maskOf({})).toEqual(first);
		for (const how of [{ step: 2 }, { layer: 1 }, { seed: 8 }]) {
			const same = (await maskOf(how)).filter((value, i) => value === first[i]).length;
			expect(Math.abs(same / ones.length - 0.5)).toBeLessThan(0.03);
		}
	});

	it('makes the same mask again inside a checkpoint', async () => {
		const x = drawn(3, 257);
		const inputs = {
			x: { shape: [1, 1, 257], data: x },
			settings: { shape: [2], data: Uint32Array.of(5, 9), fixed: true }
		};
		const seed = drawn(4, 257);
		// The square needs what the dropout gave, which the checkpoint computes again.
		const { output, gradients } = await runGradients(
			engine,
			inputs,
			(plan, { x, settings }) =>
				checkpoint(plan, () => {
					const kept = dropout(plan, { x, rate: 0.4, layer: 2, settings });
					return multiply(plan, { a: kept, b: kept });
				}),
			seed
		);
		const kept = dropoutReference({ x, rate: 0.4, layer: 2, seed: 5, step: 9 });
		expect(
			relativeError(
				output,
				kept.map((value) => value * value)
			)
		).toBeLessThan(1e-6);
		const want = kept.map((value, i) => (2 * value * seed[i] * value) / x[i]);
		expect(relativeError(gradients.x, want)).toBeLessThan(1e-6);
	});

	it('follows the step from run to run of one plan', async () => {
		const x = engine.tensor([512], { data: new Float32Array(512).fill(1) });
		const settings = engine.tensor([2], { dtype: 'u32' });
		const one = engine.tensor([512], { data: new Float32Array(512).fill(1) });
		const plan = await engine.plan((plan) => {
			const y = plan.keep(dropout(plan, { x, rate: 0.5, layer: 0, settings }));
			const dx = gradients(plan, y, [x], { seed: one }).get(x);
			return { y, dx: plan.keep(dx ?? x) };
		});
		const seen: string[] = [];
		for (const step of [1, 2]) {
			engine.write(settings, Uint32Array.of(7, step));
			await plan.run();
			const y = await engine.read(plan.result.y);
			expect(await engine.read(plan.result.dx)).toEqual(y);
			seen.push(y.join());
		}
		expect(seen[0]).not.toBe(seen[1]);
		plan.destroy();
	});

	it('says what does not fit, and leaves all as it is at rate 0', async () => {
		const x = engine.tensor([3]);
		const settings = engine.tensor([2], { dtype: 'u32' });
		const build = (how: object) =>
			engine.plan((plan) => dropout(plan, { x, rate: 0.5, layer: 0, settings, ...how }));
		await expect(build({ rate: 1 })).rejects.toThrow('below 1');
		await expect(build({ layer: -1 })).rejects.toThrow('32 bits');
		await expect(build({ settings: x })).rejects.toThrow(ShapeError);
		expect((await build({ rate: 0 })).result).toBe(x);
	});
});
