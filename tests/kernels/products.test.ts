// Products and sums of two tensors, forward and backward, held to the plain reference.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ShapeError, type Engine } from '#lib/engine/index.ts';
import { add, multiply } from '#kernels/elementwise/index.ts';
import {
	addReference,
	columnsReference,
	multiplyReference
} from '#kernels/elementwise/reference.ts';
import { bothEngines } from './engines.ts';
import { differences, relativeError, runGradients } from './gradients.ts';
import { numbers, stream } from './selective_scan.cases.ts';

const WIDTHS = [1, 7, 255, 256, 257];

/** Numbers from −1 to 1. */
function signed(seed: number) {
	const next = stream(seed);
	return (count: number) => numbers(count, () => 2 * next() - 1);
}

describe.each(bothEngines)('on $name', ({ open }) => {
	let engine: Engine;
	beforeAll(async () => {
		engine = await open();
	});
	afterAll(() => engine.destroy());

	it('products of columns and their gradients equal the reference', async () => {
		for (const width of WIDTHS) {
			const draw = signed(width);
			const [aWidth, bWidth] = [width + 3, width + 2];
			const aColumns = [1, 1 + width] as const;
			const bColumns = [2, 2 + width] as const;
			const inputs = {
				a: { shape: [1, 3, aWidth], data: draw(3 * aWidth) },
				b: { shape: [1, 3, bWidth], data: draw(3 * bWidth) }
			};
			const seed = draw(3 * width);
			const f = ({ a, b }: Record<'a' | 'b', ArrayLike<number>>) =>
				multiplyReference(
					columnsReference(a, aWidth, aColumns),
					columnsReference(b, bWidth, bColumns)
				);
			const { output, gradients } = await runGradients(
				engine,
				inputs,
				(plan, { a, b }) => multiply(plan, { a, b, aColumns, bColumns }),
				seed
			);
			expect(relativeError(output, f({ a: inputs.a.data, b: inputs.b.data }))).toBeLessThan(1e-6);
			// The product is linear in each: the other factor times the seed is the gradient.
			const filled = (
				stride: number,
				[from]: readonly [number, number],
				factor: ArrayLike<number>
			) =>
				Array.from({ length: 3 * stride }, (_, i) => {
					const k = (i % stride) - from;
					const at = Math.floor(i / stride) * width + k;
					return k < 0 || k >= width ? 0 : factor[at] * seed[at];
				});
			const b = columnsReference(inputs.b.data, bWidth, bColumns);
			const a = columnsReference(inputs.a.data, aWidth, aColumns);
			expect(relativeError(gradients.a, filled(aWidth, aColumns, b))).toBeLessThan(1e-6);
			expect(relativeError(gradients.b, filled(bWidth, bColumns, a))).toBeLessThan(1e-6);
		}
	});

	it('two ranges of one tensor, whether or not they overlap, both get their gradient', async () => {
		for (const [aColumns, bColumns] of [
			[
				[0, 4],
				[5, 9]
			],
			[
				[0, 6],
				[3, 9]
			],
			[
				[0, 9],
				[0, 9]
			]
		] as const) {
			const draw = signed(9);
			const inputs = { x: { shape: [2, 2, 9], data: draw(36) } };
			const seed = draw(4 * (aColumns[1] - aColumns[0]));
			const { gradients } = await runGradients(
				engine,
				inputs,
				(plan, { x }) => multiply(plan, { a: x, b: x, aColumns, bColumns }),
				seed
			);
			const want = differences(
				inputs,
				({ x }) =>
					multiplyReference(columnsReference(x, 9, aColumns), columnsReference(x, 9, bColumns)),
				seed
			);
			expect(relativeError(gradients.x, want.x)).toBeLessThan(1e-5);
		}
	});

	it('sums and their gradients equal the reference, of a tensor and itself too', async () => {
		for (const width of WIDTHS) {
			const draw = signed(width);
			const inputs = {
				a: { shape: [1, 3, width], data: draw(3 * width) },
				b: { shape: [1, 3, width], data: draw(3 * width) }
			};
			const seed = draw(3 * width);
			const { output, gradients } = await runGradients(
				engine,
				inputs,
				(plan, { a, b }) => add(plan, { a: add(plan, { a, b: a }), b }),
				seed
			);
			const { a, b } = inputs;
			const want = addReference(addReference(a.data, a.data), b.data);
			expect(relativeError(output, want)).toBeLessThan(1e-6);
			expect(relativeError(gradients.a, addReference(seed, seed))).toBeLessThan(1e-6);
			expect(relativeError(gradients.b, seed)).toBe(0);
		}
	});

	it('says what does not fit', async () => {
		const [a, b] = [
			[1, 2, 4],
			[1, 3, 4]
		].map((shape) => engine.tensor(shape));
		await expect(engine.plan((plan) => add(plan, { a, b }))).rejects.toThrow(ShapeError);
		await expect(engine.plan((plan) => multiply(plan, { a, b }))).rejects.toThrow(ShapeError);
		await expect(
			engine.plan((plan) => multiply(plan, { a, b: a, aColumns: [0, 3] }))
		).rejects.toThrow('3 columns of a and 4 of b');
		await expect(
			engine.plan((plan) => multiply(plan, { a, b: a, aColumns: [2, 5] }))
		).rejects.toThrow('columns 2…5');
	});
});
