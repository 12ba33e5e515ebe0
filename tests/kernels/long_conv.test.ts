// The long convolution, directly and by the Fourier transform, held to the sum as it stands.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ShapeError, type Engine, type PlanBuilder } from '#lib/engine/index.ts';
import { longConv, type Version } from '#kernels/long_conv/index.ts';
import { longConvReference, type ReferenceInput } from '#kernels/long_conv/reference.ts';
import { engines, runOnce, upload } from './engines.ts';
import { differences, relativeError, runGradients } from './gradients.ts';
import { numbers, stream } from './selective_scan.cases.ts';

const VERSIONS: readonly Version[] = ['direct', 'fft'];

function convInput(batch: number, length: number, channels: number, taps: number): ReferenceInput {
	const next = stream(length * taps + channels);
	const signed = () => 2 * next() - 1;
	return {
		batch,
		length,
		channels,
		taps,
		x: numbers(batch * length * channels, signed),
		kernel: numbers(channels * taps, signed),
		D_skip: numbers(channels, signed)
	};
}

async function run(engine: Engine, input: ReferenceInput, version: Version) {
	const { batch, length, channels, taps } = input;
	const tensors = {
		x: upload(engine, [batch, length, channels], input.x),
		kernel: upload(engine, [channels, taps], input.kernel),
		D_skip: input.D_skip && upload(engine, [channels], input.D_skip)
	};
	const [y] = await runOnce(engine, (plan) => [longConv(plan, { ...tensors, version })]);
	for (const tensor of Object.values(tensors)) if (tensor) engine.free(tensor);
	return y;
}

/** The engine, with versions of operations pinned in its plans. */
const pinned = (engine: Engine, versions: Record<string, string>): Engine =>
	new Proxy(engine, {
		get: (target, key) => {
			if (key === 'plan')
				return (build: (plan: PlanBuilder) => unknown) => target.plan(build, { versions });
			const value: unknown = Reflect.get(target, key, target);
			return typeof value === 'function' ? value.bind(target) : value;
		}
	});

describe('the reference', () => {
	it('meets the present token with the first tap', () => {
		const y = longConvReference({
			batch: 1,
			length: 3,
			channels: 1,
			taps: 2,
			x: [1, 10, 100],
			kernel: [2, 3],
			D_skip: [0.5]
		});
		expect([...y]).toEqual([2.5, 28, 280]);
	});
});

describe.each(engines)('on $name', ({ name, open }) => {
	let engine: Engine;
	beforeAll(async () => {
		engine = await open();
	});
	afterAll(() => engine.destroy());

	it.each(VERSIONS)('%s equals the reference at every edge', async (version) => {
		const cases: [number, number, number, number][] = [
			[1, 1, 1, 1],
			[2, 1, 3, 5],
			[1, 7, 2, 7],
			[2, 8, 65, 8],
			[1, 9, 3, 4],
			[2, 16, 5, 17],
			[1, 33, 66, 33],
			[3, 40, 1, 300],
			[1, 100, 4, 3]
		];
		for (const [batch, length, channels, taps] of cases) {
			const input = convInput(batch, length, channels, taps);
			const y = await run(engine, input, version);
			expect(
				relativeError(y, longConvReference(input)),
				`${batch} × ${length} × ${channels}, ${taps} taps`
			).toBeLessThan(2e-6);
		}
	});

	it.each(VERSIONS)('%s gives the gradients of the reference', async (version) => {
		for (const [batch, length, channels, taps] of [
			[2, 9, 3, 9],
			[1, 5, 2, 3],
			[1, 3, 1, 21]
		]) {
			const input = convInput(batch, length, channels, taps);
			const inputs = {
				x: { shape: [batch, length, channels], data: input.x },
				kernel: { shape: [channels, taps], data: input.kernel },
				D_skip: { shape: [channels], data: input.D_skip! }
			};
			const seed = numbers(batch * length * channels, stream(5));
			const got = await runGradients(
				engine,
				inputs,
				(plan, tensors) => longConv(plan, { ...tensors, version }),
				seed
			);
			const want = differences(
				inputs,
				(values) => longConvReference({ ...input, ...values }),
				seed
			);
			for (const key of ['x', 'kernel', 'D_skip'] as const)
				expect(relativeError(got.gradients[key], want[key]), key).toBeLessThan(1e-5);
		}
	});

	it('both versions agree on random shapes, forward and backward', async () => {
		const next = stream(11);
		for (let i = 0; i < 4; i++) {
			const length = 1 + Math.floor(next() * 300);
			const [batch, channels] = [1 + Math.floor(next() * 3), 1 + Math.floor(next() * 9)];
			const taps = 1 + Math.floor(next() * 2 * length);
			const input = convInput(batch, length, channels, taps);
			const inputs = {
				x: { shape: [batch, length, channels], data: input.x },
				kernel: { shape: [channels, taps], data: input.kernel },
				D_skip: { shape: [channels], data: input.D_skip! }
			};
			const seed = numbers(batch * length * channels, () => 2 * next() - 1);
			const [direct, byTransform] = await Promise.all(
				VERSIONS.map((version) =>
					runGradients(engine, inputs, (plan, t) => longConv(plan, { ...t, version }), seed)
				)
			);
			expect(relativeError(byTransform.output, direct.output)).toBeLessThan(1e-5);
			for (const key of ['x', 'kernel', 'D_skip'] as const)
				expect(relativeError(byTransform.gradients[key], direct.gradients[key])).toBeLessThan(1e-5);
		}
	});

	it('is finite and exact over 64 K tokens', async () => {
		const length = 65536;
		const decay = Float32Array.from({ length: 2 * length }, (_, i) => 0.999 ** (i % length));
		const x = new Float32Array(2 * length).map((_, i) => (i % 2 === 0 ? 1 : Number(i === 1)));
		const input = { batch: 1, length, channels: 2, taps: length, x, kernel: decay };
		const y = await run(engine, input, 'fft');
		// Channel 0: a step gives the sum of the taps; channel 1: an impulse gives the taps back.
		const want = new Float64Array(2 * length);
		for (let t = 0, sum = 0; t < length; t++) {
			sum += decay[t];
			want[2 * t] = sum;
			want[2 * t + 1] = decay[t];
		}
		expect(relativeError(y, want)).toBeLessThan(5e-6);
	});

	// Barriers are slow to compile on a software adapter: few sizes, on one device.
	it.skipIf(name !== 'webgpu')('gives the same in workgroup memory as one pass', async () => {
		const [batch, length, channels, taps] = [2, 8, 5, 9];
		const input = convInput(batch, length, channels, taps);
		const inputs = {
			x: { shape: [batch, length, channels], data: input.x },
			kernel: { shape: [channels, taps], data: input.kernel },
			D_skip: { shape: [channels], data: input.D_skip! }
		};
		const seed = numbers(batch * length * channels, stream(12));
		const [got, want] = await Promise.all(
			['workgroup', 'registers'].map((fft) =>
				runGradients(
					pinned(engine, { fft }),
					inputs,
					(plan, t) => longConv(plan, { ...t, version: 'fft' }),
					seed
				)
			)
		);
		expect(relativeError(got.output, longConvReference(input))).toBeLessThan(2e-6);
		for (const key of ['x', 'kernel', 'D_skip'] as const)
			expect(relativeError(got.gradients[key], want.gradients[key]), key).toBeLessThan(5e-6);
	});

	it.skipIf(name !== 'webgpu')('gives the same in workgroup memory as several passes', async () => {
		const input = convInput(2, 4000, 3, 300);
		const got = await run(pinned(engine, { fft: 'workgroup' }), input, 'fft');
		expect(relativeError(got, longConvReference(input))).toBeLessThan(2e-6);
	});

	it('says what was expected and what came', async () => {
		const build = () =>
			engine.plan((plan) =>
				longConv(plan, { x: engine.tensor([1, 4, 3]), kernel: engine.tensor([2, 4]) })
			);
		await expect(build()).rejects.toThrow('longConv: kernel is 2 × 4; expected 3 × any.');
		await expect(build()).rejects.toThrow(ShapeError);
	});
});
