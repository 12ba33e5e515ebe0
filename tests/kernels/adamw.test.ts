// AdamW and the norm that clips its gradients, held to the plain reference over many steps.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ShapeError, type Engine } from '#lib/engine/index.ts';
import { adamw, gradientNorm } from '#kernels/adamw/index.ts';
import { adamwReference, clipReference, gradientNormReference } from '#kernels/adamw/reference.ts';
import { bothEngines, runOnce, upload } from './engines.ts';
import { relativeError } from './gradients.ts';
import { numbers, stream } from './selective_scan.cases.ts';

const SIZES = [1, 7, 255, 256, 257, 1003];
const STEPS = 150;

/** As the device sees them: rounded to f32. */
const rounded = (numbers: ArrayLike<number>) => Float32Array.from(numbers);

describe('the reference', () => {
	it('takes a first step of lr against the sign of the gradient, after the decay', () => {
		const before = {
			parameter: Float64Array.of(2),
			m: new Float64Array(1),
			v: new Float64Array(1)
		};
		const settings = { lr: 0.1, beta1: 0.9, beta2: 0.999, epsilon: 0, decay: 0.5, step: 1 };
		const { parameter } = adamwReference(before, [-3], settings);
		expect(parameter[0]).toBeCloseTo(2 * (1 - 0.05) + 0.1, 12);
	});

	it('moves by lr at every step of a constant gradient, whatever the means remember', () => {
		const settings = { lr: 0.05, beta1: 0.9, beta2: 0.99, epsilon: 0, decay: 0.2 };
		const keep = 1 - settings.lr * settings.decay;
		let state = { parameter: Float64Array.of(3), m: new Float64Array(1), v: new Float64Array(1) };
		let want = 3;
		for (let step = 1; step <= 200; step++) {
			state = adamwReference(state, [0.7], { ...settings, step });
			want = keep * want - settings.lr;
			expect(state.parameter[0]).toBeCloseTo(want, 10);
		}
	});

	it('clips to a norm', () => {
		expect(gradientNormReference([[3], [4]])).toBe(5);
		expect(clipReference(5, 10)).toBe(1);
		expect(clipReference(5, 1)).toBeCloseTo(0.2, 6);
	});
});

describe.each(bothEngines)('on $name', ({ open }) => {
	let engine: Engine;
	beforeAll(async () => {
		engine = await open();
	});
	afterAll(() => engine.destroy());

	it.each([
		{ decays: true, maxNorm: undefined },
		{ decays: false, maxNorm: undefined },
		{ decays: true, maxNorm: 2 }
	])(
		'follows the reference over many steps: decays $decays, largest norm $maxNorm',
		async ({ decays, maxNorm }) => {
			for (const size of maxNorm ? [257] : SIZES) {
				const next = stream(size);
				const draw = () => rounded(numbers(size, () => 2 * next() - 1));
				const start = draw();
				const parameter = upload(engine, [size], start);
				const gradient = engine.tensor([size]);
				const m = engine.tensor([size]);
				const v = engine.tensor([size]);
				const settings = engine.tensor([6]);
				const plan = await engine.plan((plan) => {
					const norm = maxNorm ? gradientNorm(plan, [gradient]) : undefined;
					const clip = norm && maxNorm ? { norm, maxNorm } : {};
					adamw(plan, { parameter, gradient, m, v, settings, decays, ...clip });
				});
				let want = {
					parameter: Float64Array.from(start),
					m: new Float64Array(size),
					v: new Float64Array(size)
				};
				for (let step = 1; step <= STEPS; step++) {
					// The norm passes 2 in most steps and stays below it in every fifth.
					const scale = step % 5 === 0 ? 0.05 : 1;
					const g = draw().map((value) => scale * value);
					const given = rounded([0.01 / step, 0.9, 0.999, 1e-8, 0.1, step]);
					engine.write(gradient, g);
					engine.write(settings, given);
					await plan.run();
					const [lr, beta1, beta2, epsilon, decay] = given;
					const clip = maxNorm ? clipReference(gradientNormReference([g]), maxNorm) : 1;
					want = adamwReference(
						want,
						Array.from(g, (value) => clip * value),
						{
							lr,
							beta1,
							beta2,
							epsilon,
							decay: decays ? decay : 0,
							step
						}
					);
				}
				expect(relativeError(await engine.read(parameter), want.parameter)).toBeLessThan(2e-6);
				expect(relativeError(await engine.read(m), want.m)).toBeLessThan(2e-6);
				expect(relativeError(await engine.read(v), want.v)).toBeLessThan(2e-6);
				plan.destroy();
				for (const tensor of [parameter, gradient, m, v, settings]) engine.free(tensor);
			}
		}
	);

	it('corrects the bias exactly at the first step and far along', async () => {
		for (const step of [1, 2, 3, 1000, 1234567]) {
			const given = rounded([0.01, 0.9, 0.999, 1e-8, 0, step]);
			const [lr, beta1, beta2, epsilon, decay] = given;
			const parameter = upload(engine, [1], [0]);
			await runOnce(engine, (plan) => {
				const gradient = upload(engine, [1], [0.25]);
				const [m, v] = [upload(engine, [1], [0.5]), upload(engine, [1], [0.125])];
				adamw(plan, { parameter, gradient, m, v, settings: upload(engine, [6], given) });
				return [];
			});
			const want = adamwReference(
				{ parameter: Float64Array.of(0), m: Float64Array.of(0.5), v: Float64Array.of(0.125) },
				[0.25],
				{ lr, beta1, beta2, epsilon, decay, step }
			);
			expect(relativeError(await engine.read(parameter), want.parameter)).toBeLessThan(2e-6);
		}
	});

	it('reaches every number of a parameter that invocations take in turns', async () => {
		const size = 2 ** 18 + 300;
		const tensors = {
			parameter: upload(engine, [size], new Float32Array(size).fill(1)),
			gradient: upload(engine, [size], new Float32Array(size).fill(-1)),
			m: engine.tensor([size]),
			v: engine.tensor([size]),
			settings: upload(engine, [6], [0.5, 0.9, 0.999, 0, 0, 1])
		};
		await runOnce(engine, (plan) => {
			adamw(plan, tensors);
			return [];
		});
		const got = await engine.read(tensors.parameter);
		expect(got.every((value) => Math.abs(value - 1.5) < 1e-5)).toBe(true);
	});

	it('takes the norm over gradients of all sizes', async () => {
		const next = stream(5);
		const all = [...SIZES, 20_001].map((size) => numbers(size, () => 2 * next() - 1));
		const [got] = await runOnce(engine, (plan) => [
			gradientNorm(
				plan,
				all.map((one) => upload(engine, [one.length], one))
			)
		]);
		const want = gradientNormReference(all.map((one) => Float32Array.from(one)));
		expect(Math.abs(got[0] / want - 1)).toBeLessThan(1e-6);
	});

	it('says what does not fit', async () => {
		const [three, two, settings] = [[3], [2], [6]].map((shape) => engine.tensor(shape));
		const build = (options: object) =>
			engine.plan((plan) =>
				adamw(plan, {
					...{ parameter: three, gradient: three, m: three, v: three, settings },
					...options
				})
			);
		await expect(build({ gradient: two })).rejects.toThrow(ShapeError);
		await expect(build({ v: two })).rejects.toThrow(ShapeError);
		await expect(build({ maxNorm: 1 })).rejects.toThrow('together');
		await expect(engine.plan((plan) => gradientNorm(plan, []))).rejects.toThrow('no gradient');
	});
});
