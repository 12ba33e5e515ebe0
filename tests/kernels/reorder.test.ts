// Columns of a text in another order of tokens, held to the plain reference.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ShapeError, type Engine } from '#lib/engine/index.ts';
import { reorder } from '#kernels/reorder/index.ts';
import { reorderReference } from '#kernels/reorder/reference.ts';
import { engines, runOnce, upload } from './engines.ts';
import { numbers, stream } from './selective_scan.cases.ts';

/** Batch, length, width, and the columns that move: around a workgroup's edge, alone, and all of them. */
const SHAPES = [
	[1, 1, 1, 0, 1],
	[1, 2, 3, 1, 2],
	[2, 5, 63, 0, 63],
	[1, 9, 64, 63, 64],
	[3, 4, 65, 2, 65],
	[1, 33, 130, 64, 128]
];

describe.each(engines)('on $name', ({ open }) => {
	let engine: Engine;
	beforeAll(async () => {
		engine = await open();
	});
	afterAll(() => engine.destroy());

	const order = (data: number[]) =>
		engine.tensor([data.length], { dtype: 'u32', data: Uint32Array.from(data) });

	it('equals the reference at every shape, exactly', async () => {
		for (const [batch, length, width, from, to] of SHAPES) {
			const next = stream(length * width);
			const x = Array.from({ length: batch }, () =>
				Array.from({ length }, () => [...Float32Array.from(numbers(width, () => 2 * next() - 1))])
			);
			const tokens = Array.from({ length }, () => Math.floor(next() * length));
			const [y] = await runOnce(engine, (plan) => [
				reorder(plan, {
					x: upload(engine, [batch, length, width], x.flat(2)),
					order: order(tokens),
					columns: [from, to]
				})
			]);
			expect([...y]).toEqual(
				x.flatMap((rows) => reorderReference(rows, tokens, [from, to]).flat())
			);
		}
	});

	it('says which shapes do not fit', async () => {
		const x = upload(engine, [1, 2, 3], [0, 0, 0, 0, 0, 0]);
		const attempt = (tokens: number[], columns: [number, number]) =>
			runOnce(engine, (plan) => [reorder(plan, { x, order: order(tokens), columns })]);
		await expect(attempt([0], [0, 1])).rejects.toThrow(ShapeError);
		await expect(attempt([0, 1], [2, 4])).rejects.toThrow('columns 2 to 4 are not among 3');
		await expect(attempt([0, 1], [1, 1])).rejects.toThrow(ShapeError);
	});
});
