import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { embedding } from '#kernels/embedding/index.ts';
import { embeddingReference } from '#kernels/embedding/reference.ts';
import { linear, type LinearVersion } from '#kernels/linear/index.ts';
import { linearReference } from '#kernels/linear/reference.ts';
import { rmsNorm } from '#kernels/rms_norm/index.ts';
import { rmsNormReference } from '#kernels/rms_norm/reference.ts';
import type { Engine } from '#lib/engine/index.ts';
import { bothEngines, runOnce, upload } from './engines.ts';

/** Numbers in (−1, 1) that repeat on every run: a Weyl sequence. */
const numbers = (count: number, salt: number) =>
	Float32Array.from(
		{ length: count },
		(_, i) => 2 * ((0.6180339887 * (i + 1) + 0.37 * salt) % 1) - 1
	);

/** Sums of n products of numbers below 1, in f32. */
function expectClose(got: ArrayLike<number>, want: ArrayLike<number>, n: number): void {
	expect(got.length).toBe(want.length);
	for (let i = 0; i < want.length; i++) {
		const allowed = 1e-6 * Math.sqrt(n) + 2e-6 * Math.abs(want[i]);
		if (!(Math.abs(got[i] - want[i]) <= allowed))
			expect.fail(`number ${i} is ${got[i]}; the reference says ${want[i]}`);
	}
}

describe.each(bothEngines)('on $name', ({ name, open }) => {
	let engine: Engine;
	beforeAll(async () => {
		engine = await open();
	});
	afterAll(() => engine.destroy());

	interface Case {
		rows: number;
		width: number;
		out: number;
		version?: LinearVersion;
		stride?: number;
		offset?: number;
		bias?: boolean;
		residual?: boolean;
		softplus?: boolean;
		norm?: boolean;
		scale?: number;
	}

	async function check(given: Case): Promise<void> {
		const { rows, width, out, stride = width, offset = 0, scale = 1 } = given;
		const x = numbers(rows * stride, 1).map((v) => v * scale);
		const weight = numbers(out * width, 2);
		const bias = given.bias ? numbers(out, 3) : undefined;
		const residual = given.residual ? numbers(rows * out, 4) : undefined;
		const normWeight = given.norm ? numbers(width, 5) : undefined;
		const epsilon = 1e-5;
		const tensors = {
			x: upload(engine, [1, rows, stride], x),
			weight: upload(engine, [out, width], weight),
			bias: bias && upload(engine, [out], bias),
			residual: residual && upload(engine, [1, rows, out], residual),
			norm: normWeight && { weight: upload(engine, [width], normWeight), epsilon }
		};
		const [got] = await runOnce(engine, (plan) => [
			linear(plan, {
				...tensors,
				columns: [offset, offset + width],
				activation: given.softplus ? 'softplus' : 'none',
				version: given.version
			})
		]);
		const input = new Float64Array(rows * width);
		for (let r = 0; r < rows; r++)
			for (let k = 0; k < width; k++) input[r * width + k] = x[r * stride + offset + k];
		const want = linearReference(
			normWeight ? rmsNormReference(input, normWeight, epsilon) : input,
			weight,
			{ rows, in: width, out },
			{ bias, residual, activation: given.softplus ? 'softplus' : 'none' }
		);
		expectClose(got, want, width * scale);
		for (const tensor of [tensors.x, tensors.weight, tensors.bias, tensors.residual])
			if (tensor) engine.free(tensor);
		if (tensors.norm) engine.free(tensors.norm.weight);
	}

	const versions = ['tile', 'row', 'line', 'shared', 'wide'] as const;
	describe.each(versions)('linear, version %s', (version) => {
		const quads = version === 'line';
		const norms = version === 'line' || version === 'row';
		test.each([1, 2, 7, 8, 9, 17])('equals the reference at %i rows', async (rows) => {
			await check({ rows, width: 32, out: 24, version });
		});
		test.each(quads ? [4, 8, 64, 260] : [1, 3, 4, 5, 15, 16, 17, 63, 64, 65, 255, 260])(
			'equals the reference at %i inputs',
			async (width) => {
				await check({ rows: 3, width, out: 10, version });
			}
		);
		test.each([1, 3, 4, 5, 63, 64, 65, 255, 256, 257])(
			'equals the reference at %i outputs',
			async (out) => {
				await check({ rows: 9, width: 12, out, version });
			}
		);
		test('adds bias and residual, and applies softplus before the residual', async () => {
			await check({ rows: 5, width: 20, out: 13, bias: true, version });
			await check({ rows: 5, width: 20, out: 13, residual: true, version });
			await check({ rows: 5, width: 20, out: 13, bias: true, softplus: true, version });
			await check({
				rows: 5,
				width: 20,
				out: 13,
				bias: true,
				softplus: true,
				residual: true,
				version
			});
		});
		test('softplus neither overflows nor loses small values', async () => {
			await check({ rows: 4, width: 4, out: 16, softplus: true, scale: 200, version });
		});
		test('reads only the columns that it is told to', async () => {
			await check({ rows: 6, width: 16, out: 9, stride: 48, offset: 16, version });
			if (!quads) await check({ rows: 6, width: 5, out: 9, stride: 21, offset: 7, version });
		});
		if (norms)
			test('with a norm in front it equals norm, then linear', async () => {
				await check({ rows: 1, width: 256, out: 40, norm: true, version });
				await check({ rows: 3, width: 64, out: 7, norm: true, residual: true, version });
			});
	});

	const large = [
		{ version: 'tile', rows: 130, width: 40, out: 300 },
		{ version: 'tile', rows: 63, width: 17, out: 259 },
		{ version: 'shared', rows: 63, width: 31, out: 65 },
		{ version: 'shared', rows: 64, width: 32, out: 64 },
		{ version: 'shared', rows: 130, width: 33, out: 190 },
		{ version: 'wide', rows: 127, width: 7, out: 129 },
		{ version: 'wide', rows: 128, width: 8, out: 128 },
		{ version: 'wide', rows: 260, width: 25, out: 200 }
	] as const;
	test.each(large)('$version equals the reference at $rows × $width × $out', async (size) => {
		await check({ ...size, bias: true, residual: true });
	});

	test('more rows than a dispatch has workgroups in one dimension', async () => {
		const [rows, width] = [65_537, 4];
		await check({ rows, width, out: 3, version: 'row' });
		await check({ rows, width, out: 3, norm: true });
		const weight = numbers(3 * width, 1);
		const ids = Uint32Array.from({ length: rows }, (_, i) => i % 3);
		const [got] = await runOnce(engine, (plan) => [
			embedding(plan, {
				ids: engine.tensor([1, rows], { dtype: 'u32', data: ids }),
				weight: upload(engine, [3, width], weight)
			})
		]);
		expect(got.subarray(-2 * width)).toEqual(
			Float32Array.from(embeddingReference(ids.subarray(-2), weight, width))
		);
	});

	test('linear without a version equals the reference at the shapes of a model', async () => {
		await check({ rows: 1, width: 256, out: 1024, norm: true });
		await check({ rows: 35, width: 256, out: 1024 });
		await check({ rows: 35, width: 16, out: 512, stride: 48, bias: true, softplus: true });
		await check({ rows: 1, width: 23, out: 11, norm: true });
	});

	test('linear refuses shapes that do not fit, and says what came', async () => {
		const x = upload(engine, [1, 2, 6], numbers(12, 1));
		const weight = upload(engine, [3, 5], numbers(15, 2));
		await expect(engine.plan((plan) => linear(plan, { x, weight }))).rejects.toThrow(
			'columns 0…6 of x, which has 6; the weight needs 5 inputs'
		);
		const bias = upload(engine, [4], numbers(4, 3));
		await expect(
			engine.plan((plan) => linear(plan, { x, weight, columns: [0, 5], bias }))
		).rejects.toThrow('linear: bias is 4; expected 3');
		await expect(
			engine.plan((plan) => linear(plan, { x, weight, columns: [1, 6], version: 'line' }))
		).rejects.toThrow('reads quads');
	});

	test.each([1, 3, 63, 64, 65, 200])('RMS norm equals the reference at width %i', async (width) => {
		const x = numbers(5 * width, 1);
		const weight = numbers(width, 2);
		const [got] = await runOnce(engine, (plan) => [
			rmsNorm(plan, {
				x: upload(engine, [1, 5, width], x),
				weight: upload(engine, [width], weight),
				epsilon: 1e-5
			})
		]);
		expectClose(got, rmsNormReference(x, weight, 1e-5), 1);
	});

	test('RMS norm of zeros is zero', async () => {
		const [got] = await runOnce(engine, (plan) => [
			rmsNorm(plan, {
				x: upload(engine, [1, 2, 8], new Float32Array(16)),
				weight: upload(engine, [8], numbers(8, 1)),
				epsilon: 1e-5
			})
		]);
		expect([...got].every((value) => value === 0)).toBe(true);
	});

	test.each([1, 63, 64, 65])('an embedding gathers rows of width %i', async (width) => {
		const weight = numbers(7 * width, 1);
		const ids = Uint32Array.from([6, 0, 3, 3]);
		const [got] = await runOnce(engine, (plan) => [
			embedding(plan, {
				ids: engine.tensor([2, 2], { dtype: 'u32', data: ids }),
				weight: upload(engine, [7, width], weight)
			})
		]);
		expect([...got]).toEqual([...embeddingReference(ids, weight, width)]);
	});

	test(`an id past the end of the table reads its last row (${name})`, async () => {
		const weight = numbers(3 * 4, 1);
		const ids = Uint32Array.from([99]);
		const [got] = await runOnce(engine, (plan) => [
			embedding(plan, {
				ids: engine.tensor([1, 1], { dtype: 'u32', data: ids }),
				weight: upload(engine, [3, 4], weight)
			})
		]);
		expect([...got]).toEqual([...weight.subarray(8)]);
	});
});
