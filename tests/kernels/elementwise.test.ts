// Nonlinear functions and gated ones, forward and backward, held to the plain reference. Products and sums: products.test.ts.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ShapeError, type Engine } from '#lib/engine/index.ts';
import { activation, gatedActivation, type Kind } from '#kernels/elementwise/index.ts';
import {
	activationReference,
	columnsReference,
	gatedReference
} from '#kernels/elementwise/reference.ts';
import { bothEngines } from './engines.ts';
import { differences, relativeError, runGradients } from './gradients.ts';
import { numbers, stream } from './selective_scan.cases.ts';

const KINDS: readonly Kind[] = [
	'softplus',
	'silu',
	'gelu',
	'relu2',
	'sigmoid',
	'tanh',
	'gelu_tanh'
];
const WIDTHS = [1, 7, 85, 86, 255, 256, 257];

/** Numbers from −6 to 6. */
const drawn = (seed: number, count: number) => {
	const next = stream(seed);
	return Float32Array.from(numbers(count, () => 12 * next() - 6));
};

/** The largest |got − want| where each may be off by a part of itself, and by less than a f32 near 1 can tell. */
function worst(got: ArrayLike<number>, want: ArrayLike<number>): number {
	let most = 0;
	for (let i = 0; i < want.length; i++)
		most = Math.max(most, Math.abs(got[i] - want[i]) / (Math.abs(want[i]) + 0.1));
	return most;
}

describe.each(bothEngines)('on $name', ({ open }) => {
	let engine: Engine;
	beforeAll(async () => {
		engine = await open();
	});
	afterAll(() => engine.destroy());

	const run = (
		kind: Kind,
		x: ArrayLike<number>,
		seed: ArrayLike<number>,
		shape: readonly number[] = [1, 1, x.length],
		columns?: readonly [number, number]
	) =>
		runGradients(
			engine,
			{ x: { shape, data: x } },
			(plan, { x }) => activation(plan, { x, kind, ...(columns ? { columns } : {}) }),
			seed
		);

	describe.each(KINDS)('%s', (kind) => {
		it('and its slope equal the reference at every size and in columns', async () => {
			for (const width of WIDTHS) {
				const stride = width + 5;
				const columns = [2, 2 + width] as const;
				const inputs = { x: { shape: [1, 3, stride], data: drawn(width, 3 * stride) } };
				const seed = drawn(width + 1, 3 * width);
				const f = ({ x }: { x: ArrayLike<number> }) =>
					activationReference(kind, columnsReference(x, stride, columns));
				const { output, gradients } = await run(kind, inputs.x.data, seed, inputs.x.shape, columns);
				expect(worst(output, f({ x: inputs.x.data }))).toBeLessThan(2e-6);
				const inside = columnsReference(gradients.x, stride, columns);
				const slopes = slopesOf(kind, columnsReference(inputs.x.data, stride, columns));
				const want = slopes.map((slope, i) => slope * seed[i]);
				expect(relativeError(inside, want)).toBeLessThan(1e-6);
				// Other columns get nothing.
				const sum = (all: ArrayLike<number>) =>
					Array.from(all).reduce((sum, value) => sum + Math.abs(value), 0);
				expect(sum(gradients.x)).toBeCloseTo(sum(inside), 1);
			}
		});

		it('stays finite and right far out, and keeps its digits near zero', async () => {
			const far = [-1e30, -1e4, -200, -90, -30, -12, 12, 30, 90, 200, 1e4, 1e15];
			const near = [-0.1, -0.0999, -1e-3, -1e-7, -1e-20, 0, 1e-20, 1e-7, 1e-3, 0.0999, 0.1];
			const x = Float32Array.from([...far, ...near]);
			const { output, gradients } = await run(kind, x, new Float32Array(x.length).fill(1));
			const want = activationReference(kind, x);
			const slopes = slopesOf(kind, x);
			for (let i = 0; i < x.length; i++) {
				expect(Math.abs(output[i] - want[i])).toBeLessThanOrEqual(1e-6 * Math.abs(want[i]) + 1e-9);
				expect(Math.abs(gradients.x[i] - slopes[i])).toBeLessThanOrEqual(
					2e-6 * Math.abs(slopes[i]) + 1e-7
				);
			}
		});

		it('gates as the reference, with gradients by differences', async () => {
			for (const width of [1, 255, 257]) {
				const inputs = {
					gate: { shape: [1, 2, width], data: drawn(width, 2 * width) },
					up: { shape: [1, 2, width], data: drawn(width + 1, 2 * width) }
				};
				const seed = drawn(width + 2, 2 * width);
				const { output, gradients } = await runGradients(
					engine,
					inputs,
					(plan, tensors) => gatedActivation(plan, { ...tensors, kind }),
					seed
				);
				const { gate, up } = inputs;
				expect(worst(output, gatedReference(kind, gate.data, up.data))).toBeLessThan(1e-5);
				const slopes = slopesOf(kind, gate.data);
				const dGate = slopes.map((slope, i) => slope * up.data[i] * seed[i]);
				const dUp = activationReference(kind, gate.data).map((value, i) => value * seed[i]);
				expect(relativeError(gradients.gate, dGate)).toBeLessThan(1e-6);
				expect(relativeError(gradients.up, dUp)).toBeLessThan(1e-6);
			}
		});
	});

	it('one tensor may be gate and factor at once, and two ranges of it functions of their own', async () => {
		const inputs = { x: { shape: [1, 2, 8], data: drawn(1, 16) } };
		const seed = drawn(2, 8);
		const { gradients } = await runGradients(
			engine,
			inputs,
			(plan, { x }) => {
				const gate = activation(plan, { x, columns: [0, 4], kind: 'tanh' });
				const up = activation(plan, { x, columns: [2, 6], kind: 'softplus' });
				return gatedActivation(plan, { gate, up, kind: 'silu' });
			},
			seed
		);
		const want = differences(
			inputs,
			({ x }) =>
				gatedReference(
					'silu',
					activationReference('tanh', columnsReference(x, 8, [0, 4])),
					activationReference('softplus', columnsReference(x, 8, [2, 6]))
				),
			seed
		);
		expect(relativeError(gradients.x, want.x)).toBeLessThan(1e-5);
		const alone = await runGradients(
			engine,
			inputs,
			(plan, { x }) => gatedActivation(plan, { gate: x, up: x, kind: 'gelu' }),
			drawn(3, 16)
		);
		const squared = differences(inputs, ({ x }) => gatedReference('gelu', x, x), drawn(3, 16));
		expect(relativeError(alone.gradients.x, squared.x)).toBeLessThan(1e-5);
	});

	it('says what does not fit', async () => {
		const [x, other] = [
			[1, 2, 4],
			[1, 2, 3]
		].map((shape) => engine.tensor(shape));
		await expect(
			engine.plan((plan) => activation(plan, { x, kind: 'silu', columns: [2, 5] }))
		).rejects.toThrow('columns 2…5');
		await expect(
			engine.plan((plan) => activation(plan, { x: engine.tensor([4]), kind: 'silu' }))
		).rejects.toThrow(ShapeError);
		await expect(
			engine.plan((plan) => gatedActivation(plan, { gate: x, up: other, kind: 'silu' }))
		).rejects.toThrow(ShapeError);
	});
});

/** The reference's slope at each number by central differences: a short step, as ReLU² bends at 0, that grows with the number. */
function slopesOf(kind: Kind, x: ArrayLike<number>): Float64Array {
	return Float64Array.from(x, (x) => {
		const step = 1e-7 * Math.max(1, Math.abs(x));
		const [above, below] = activationReference(kind, [x + step, x - step]);
		return (above - below) / (2 * step);
	});
}
