// Rotary positions, whole and partial, forward and backward, held to the plain reference.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ShapeError, gradients, type Engine } from '#lib/engine/index.ts';
import { rotary, rotaryTable } from '#kernels/rotary/index.ts';
import { rotaryReference } from '#kernels/rotary/reference.ts';
import { columnsReference } from '#kernels/elementwise/reference.ts';
import { bothEngines, runOnce, upload } from './engines.ts';
import { differences, relativeError, runGradients } from './gradients.ts';
import { numbers, stream } from './selective_scan.cases.ts';

const BASE = 10000;

const drawn = (seed: number, count: number) => {
	const next = stream(seed);
	return Float32Array.from(numbers(count, () => 2 * next() - 1));
};

/** Batch, length, heads, size of a head, dimensions that turn, columns before and behind. */
const SHAPES = [
	[1, 1, 1, 2, 2, 0, 0],
	[1, 3, 1, 5, 2, 0, 0],
	[2, 5, 3, 8, 8, 0, 0],
	[2, 7, 3, 10, 4, 3, 2],
	[1, 8, 4, 8, 8, 0, 1],
	[3, 3, 1, 29, 28, 1, 0],
	[1, 2, 2, 64, 16, 0, 64]
];

describe.each(bothEngines)('on $name', ({ open }) => {
	let engine: Engine;
	beforeAll(async () => {
		engine = await open();
	});
	afterAll(() => engine.destroy());

	it('and its gradient equal the reference, in columns and for part of a head too', async () => {
		for (const [batch, time, heads, headDim, rotaryDim, before, behind] of SHAPES) {
			const width = heads * headDim;
			const stride = before + width + behind;
			const columns = [before, before + width] as const;
			const positions = Array.from({ length: batch * time }, (_, row) => row % time);
			const inputs = {
				x: { shape: [batch, time, stride], data: drawn(stride, batch * time * stride) },
				table: {
					shape: [time + 2, rotaryDim],
					data: rotaryTable(BASE, rotaryDim, time + 2),
					fixed: true
				}
			};
			const seed = drawn(stride + 1, batch * time * width);
			const f = ({ x }: { x: ArrayLike<number> }) =>
				rotaryReference({
					...{ x: columnsReference(x, stride, columns), headDim, rotaryDim, base: BASE },
					positions
				});
			const { output, gradients } = await runGradients(
				engine,
				inputs,
				(plan, tensors) => rotary(plan, { ...tensors, columns, heads, headDim, rotaryDim }),
				seed
			);
			expect(relativeError(output, f({ x: inputs.x.data }))).toBeLessThan(1e-6);
			const want = differences(inputs, f, seed);
			expect(relativeError(gradients.x, want.x)).toBeLessThan(1e-5);
		}
	});

	it('goes on from the position that a tensor holds', async () => {
		const [heads, headDim, rotaryDim, time] = [2, 6, 4, 3];
		const x = drawn(5, time * heads * headDim);
		const table = upload(engine, [5000, rotaryDim], rotaryTable(BASE, rotaryDim, 5000));
		const position = engine.tensor([1], { dtype: 'u32' });
		const plan = await engine.plan((plan) =>
			plan.keep(
				rotary(plan, {
					...{ x: upload(engine, [1, time, heads * headDim], x), heads, headDim, rotaryDim },
					...{ table, position }
				})
			)
		);
		for (const first of [0, 1, 77, 4997]) {
			engine.write(position, Uint32Array.of(first));
			await plan.run();
			const positions = [first, first + 1, first + 2];
			const want = rotaryReference({ x, headDim, rotaryDim, base: BASE, positions });
			expect(relativeError(await engine.read(plan.result), want)).toBeLessThan(1e-6);
		}
		// Past the table's end a token turns as the last one.
		engine.write(position, Uint32Array.of(9999));
		await plan.run();
		const want = rotaryReference({
			...{ x, headDim, rotaryDim, base: BASE },
			positions: [4999, 4999, 4999]
		});
		expect(relativeError(await engine.read(plan.result), want)).toBeLessThan(1e-6);
		plan.destroy();
	});

	it('keeps angles between tokens: only their distance counts', async () => {
		const headDim = 8;
		const [q, k] = [drawn(1, headDim), drawn(2, headDim)];
		const table = upload(engine, [4096, headDim], rotaryTable(BASE, headDim, 4096));
		const products: number[] = [];
		for (const first of [0, 10, 4000]) {
			const at = (given: ArrayLike<number>, place: number) =>
				runOnce(engine, (plan) => [
					rotary(plan, {
						...{ x: upload(engine, [1, 1, headDim], given), heads: 1, headDim },
						...{ rotaryDim: headDim, table },
						position: engine.tensor([1], { dtype: 'u32', data: Uint32Array.of(place) })
					})
				]);
			const [[a], [b]] = [await at(q, first + 7), await at(k, first)];
			products.push(Array.from(a).reduce((sum, value, i) => sum + value * b[i], 0));
		}
		for (const product of products) expect(product).toBeCloseTo(products[0], 5);
	});

	it('says what does not fit', async () => {
		const x = engine.tensor([1, 4, 12]);
		const table = engine.tensor([4, 4]);
		const position = engine.tensor([1], { dtype: 'u32' });
		const build = (given: object) =>
			engine.plan((plan) => {
				const y = rotary(plan, { x, heads: 2, headDim: 6, rotaryDim: 4, table, ...given });
				return gradients(plan, y, [x], { seed: y });
			});
		await expect(build({ heads: 3 })).rejects.toThrow('3 heads of 6 need 18');
		await expect(build({ rotaryDim: 3, table: engine.tensor([4, 3]) })).rejects.toThrow('even');
		await expect(build({ rotaryDim: 8, table: engine.tensor([4, 8]) })).rejects.toThrow('8 of 6');
		await expect(build({ rotaryDim: 2 })).rejects.toThrow(ShapeError);
		await expect(build({ table: engine.tensor([3, 4]) })).rejects.toThrow('3 positions');
		await expect(build({ position })).rejects.toThrow('no gradient');
		expect(() => rotaryTable(BASE, 3, 4)).toThrow('pairs');
	});
});
