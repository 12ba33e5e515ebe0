// The causal convolution, whole and in pieces, held to its plain reference.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ShapeError, type Data, type Engine } from '#lib/engine/index.ts';
import { conv1dSilu } from '#kernels/conv1d/index.ts';
import { conv1dSiluReference, type ReferenceInput } from '#kernels/conv1d/reference.ts';
import { relativeToLargest } from '../golden/models.ts';
import { bothEngines, runOnce, upload } from './engines.ts';
import { differences, relativeError, runGradients } from './gradients.ts';
import { numbers, stream } from './selective_scan.cases.ts';

const CLOSE = 1e-6;

function convInput(length: number, taps: number, channels = 67, batch = 2): ReferenceInput {
	const next = stream(length + taps);
	const signed = () => 4 * next() - 2;
	return {
		batch,
		length,
		channels,
		taps,
		x: numbers(batch * length * channels, signed),
		weight: numbers(channels * taps, signed),
		bias: numbers(channels, signed),
		state: numbers(batch * channels * (taps - 1), signed)
	};
}

/** Run it on columns 2… of wider rows, as a model does. */
async function runConv(engine: Engine, input: ReferenceInput): Promise<{ out: Data; state: Data }> {
	const { batch, length, channels, taps } = input;
	const [before, width] = channels % 4 === 0 ? [4, channels + 8] : [2, channels + 5];
	const wide = new Float32Array(batch * length * width).fill(9);
	for (let row = 0; row < batch * length; row++)
		for (let d = 0; d < channels; d++) wide[row * width + before + d] = input.x[row * channels + d];
	const state = upload(engine, [batch, channels, taps - 1], input.state!);
	const tensors = {
		x: upload(engine, [batch, length, width], wide),
		weight: upload(engine, [channels, 1, taps], input.weight),
		bias: input.bias && upload(engine, [channels], input.bias),
		state
	};
	const [out] = await runOnce(engine, (plan) => [
		conv1dSilu(plan, { ...tensors, columns: [before, before + channels] })
	]);
	const after = await engine.read(state);
	for (const tensor of Object.values(tensors)) if (tensor) engine.free(tensor);
	return { out, state: after };
}

/** The tokens from `from` to before `to` of the only row. */
const piece = (input: ReferenceInput, from: number, to: number, state: ArrayLike<number>) => ({
	...input,
	length: to - from,
	x: Array.from(input.x).slice(from * input.channels, to * input.channels),
	state
});

interface Case {
	readonly taps: number;
	readonly length: number;
	readonly activation: 'silu' | 'none';
	readonly channels?: number;
}

describe('the reference', () => {
	it('weighs the present input with the last tap and passes the sum through SiLU', () => {
		const { out, state } = conv1dSiluReference({
			batch: 1,
			length: 2,
			channels: 1,
			taps: 3,
			x: [10, 20],
			weight: [1, 2, 3],
			bias: [0.5],
			state: [-4, -5]
		});
		const silu = (v: number) => v / (1 + Math.exp(-v));
		expect([...out]).toEqual([silu(-4 - 10 + 30 + 0.5), silu(-5 + 20 + 60 + 0.5)]);
		expect([...state]).toEqual([10, 20]);
	});
});

describe.each(bothEngines)('on $name', ({ open }) => {
	let engine: Engine;
	beforeAll(async () => {
		engine = await open();
	});
	afterAll(() => engine.destroy());

	it.each([2, 3, 4, 5, 8])('equals the reference with %i taps at every length', async (taps) => {
		for (const length of [1, 2, 3, 7, 8, 15, 16, 17, 37]) {
			const input = convInput(length, taps);
			const want = conv1dSiluReference(input);
			const got = await runConv(engine, input);
			expect(relativeToLargest(got.out, want.out)).toBeLessThan(CLOSE);
			expect([...got.state]).toEqual([...want.state]);
		}
	});

	it('takes four channels at a time where all sizes allow it', async () => {
		for (const taps of [2, 4, 8])
			for (const length of [1, 3, 17]) {
				const input = convInput(length, taps, 260);
				const want = conv1dSiluReference(input);
				const got = await runConv(engine, input);
				expect(relativeToLargest(got.out, want.out)).toBeLessThan(CLOSE);
				expect([...got.state]).toEqual([...want.state]);
			}
	});

	it('gives a text split anywhere exactly what the whole text gets', async () => {
		const length = 21;
		const input = convInput(length, 4, 9, 1);
		const whole = await runConv(engine, input);
		for (let at = 1; at < length; at++) {
			const first = await runConv(engine, piece(input, 0, at, input.state!));
			const second = await runConv(engine, piece(input, at, length, first.state));
			expect([...first.out, ...second.out]).toEqual([...whole.out]);
			expect([...second.state]).toEqual([...whole.state]);
		}
	});

	it('gives token by token exactly what the whole text gets', async () => {
		const length = 11;
		const input = convInput(length, 5, 9, 1);
		const whole = await runConv(engine, input);
		let state: ArrayLike<number> = input.state!;
		const out: number[] = [];
		for (let t = 0; t < length; t++) {
			const one = await runConv(engine, piece(input, t, t + 1, state));
			state = one.state;
			out.push(...one.out);
		}
		expect(out).toEqual([...whole.out]);
		expect([...Array.from(state)]).toEqual([...whole.state]);
	});

	it('does without a bias, and with very large sums', async () => {
		const input = convInput(9, 4);
		const large = {
			...input,
			bias: undefined,
			x: Float32Array.from(input.x, (v) => 400 * v)
		};
		const want = conv1dSiluReference(large);
		const got = await runConv(engine, large);
		expect(got.out.every(Number.isFinite)).toBe(true);
		expect(relativeToLargest(got.out, want.out)).toBeLessThan(CLOSE);
	});

	it('takes a whole text with no state, with one tap, and without SiLU', async () => {
		for (const taps of [1, 4, 7])
			for (const activation of ['silu', 'none'] as const) {
				const input = { ...convInput(19, taps), state: undefined, activation };
				const { batch, length, channels } = input;
				const [out] = await runOnce(engine, (plan) => [
					conv1dSilu(plan, {
						x: upload(engine, [batch, length, channels], input.x),
						weight: upload(engine, [channels, 1, taps], input.weight),
						bias: upload(engine, [channels], input.bias!),
						activation
					})
				]);
				expect(relativeToLargest(out, conv1dSiluReference(input).out)).toBeLessThan(CLOSE);
			}
	});

	it.each([
		{ taps: 1, length: 3, activation: 'silu' },
		{ taps: 2, length: 1, activation: 'silu' },
		{ taps: 4, length: 3, activation: 'silu' },
		{ taps: 4, length: 9, activation: 'none' },
		{ taps: 3, length: 130, activation: 'silu' },
		{ taps: 8, length: 66, activation: 'silu' },
		{ taps: 4, length: 35, activation: 'silu', channels: 4 },
		{ taps: 6, length: 5, activation: 'none', channels: 8 }
	] as Case[])(
		'sends gradients back as differences of the reference say ($taps taps, $length tokens, $activation)',
		async ({ taps, length, activation, channels = length > 20 ? 1 : 5 }) => {
			const batch = 2;
			const next = stream(taps + length);
			const draw = (count: number) => numbers(count, () => 4 * next() - 2);
			const [before, width] = channels % 4 === 0 ? [4, channels + 8] : [2, channels + 3];
			const inputs = {
				x: { shape: [batch, length, width], data: draw(batch * length * width) },
				weight: { shape: [channels, 1, taps], data: draw(channels * taps) },
				bias: { shape: [channels], data: draw(channels) }
			};
			const seed = draw(batch * length * channels);
			const { gradients } = await runGradients(
				engine,
				inputs,
				(plan, tensors) =>
					conv1dSilu(plan, { ...tensors, columns: [before, before + channels], activation }),
				seed
			);
			const want = differences(
				inputs,
				({ x, weight, bias }) => {
					const used = x.filter((_, i) => i % width >= before && i % width < before + channels);
					const sizes = { batch, length, channels, taps, activation };
					return conv1dSiluReference({ ...sizes, x: used, weight, bias }).out;
				},
				seed
			);
			for (const name of ['x', 'weight', 'bias'] as const)
				expect(relativeError(gradients[name], want[name]), name).toBeLessThan(1e-4);
		}
	);

	it('says that a text that goes on has no gradient', async () => {
		const inputs = {
			x: { shape: [1, 2, 3], data: new Float32Array(6) },
			weight: { shape: [3, 1, 4], data: new Float32Array(12) }
		};
		const state = upload(engine, [1, 3, 3], new Float32Array(9));
		const run = runGradients(
			engine,
			inputs,
			(plan, tensors) => conv1dSilu(plan, { ...tensors, state }),
			new Float32Array(6)
		);
		await expect(run).rejects.toThrow('a carried state has no gradient');
	});

	it('says what was expected and what came', async () => {
		const build = (taps: number, columns: [number, number]) =>
			engine.plan((plan) =>
				conv1dSilu(plan, {
					x: upload(engine, [1, 2, 6], new Float32Array(12)),
					columns,
					weight: upload(engine, [3, 1, taps], new Float32Array(3 * taps)),
					state: upload(engine, [1, 3, 3], new Float32Array(9))
				})
			);
		await expect(build(9, [0, 3])).rejects.toThrow(
			'conv1dSilu: weight has 9 taps; expected 1 to 8.'
		);
		await expect(build(4, [0, 4])).rejects.toThrow(
			'conv1dSilu: columns 0…4 of 6; expected 3 columns, one for each channel.'
		);
		await expect(build(3, [0, 3])).rejects.toThrow(ShapeError);
	});
});
