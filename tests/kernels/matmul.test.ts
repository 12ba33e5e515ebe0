import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { matmul } from '#kernels/matmul/index.ts';
import { addProduct, type ProductVersion } from '#kernels/matmul/product.ts';
import { matmulReference } from '#kernels/matmul/reference.ts';
import type { Engine } from '#lib/engine/index.ts';
import { engines, runOnce, upload } from './engines.ts';
import { differences, relativeError, runGradients } from './gradients.ts';

/** Numbers in (−1, 1) that repeat on every run: a Weyl sequence. */
const numbers = (count: number, salt: number) =>
	Float32Array.from(
		{ length: count },
		(_, i) => 2 * ((0.6180339887 * (i + 1) + 0.37 * salt) % 1) - 1
	);

/** Both, one and no operand transposed. */
const TURNS = [
	{},
	{ transposeA: true },
	{ transposeB: true },
	{ transposeA: true, transposeB: true }
];

describe.each(engines)('matmul on $name', ({ name, open }) => {
	let engine: Engine;
	beforeAll(async () => {
		engine = await open();
	});
	afterAll(() => engine.destroy());

	interface Case {
		batch?: number;
		m: number;
		k: number;
		n: number;
		transposeA?: boolean;
		transposeB?: boolean;
		alpha?: number;
		version?: ProductVersion;
	}

	const shapes = ({ batch = 1, m, k, n, transposeA, transposeB }: Case) => ({
		a: [batch, ...(transposeA ? [k, m] : [m, k])],
		b: [batch, ...(transposeB ? [n, k] : [k, n])]
	});

	async function check(given: Case): Promise<void> {
		const { batch = 1, m, k, n } = given;
		const shape = shapes(given);
		const a = numbers(batch * m * k, 1);
		const b = numbers(batch * k * n, 2);
		const [left, right] = [upload(engine, shape.a, a), upload(engine, shape.b, b)];
		const [got] = await runOnce(engine, (plan) => [matmul(plan, { ...given, a: left, b: right })]);
		const want = matmulReference(a, b, { batch, m, n, k }, given);
		expect(relativeError(got, want), JSON.stringify(given)).toBeLessThan(2e-6);
		engine.free(left);
		engine.free(right);
	}

	// Compiling the large tiles for an imitated GPU takes most of the time. Each engine has the versions where they differ there;
	// `wide` is tested with `linear`, but for the one transposition that no layer needs.
	const versions: readonly (ProductVersion | undefined)[] =
		name === 'cpu' ? [undefined] : name === 'webgpu' ? ['tile', 'shared'] : ['tile'];

	describe.each(versions)('version %s', (version) => {
		test.each(TURNS)('equals the reference, transposed as %o', async (turn) => {
			await check({ m: 68, k: 36, n: 132, ...turn, version });
			await check({ batch: 3, m: 5, k: 7, n: 9, alpha: -0.5, ...turn, version });
			await check({ batch: 2, m: 65, k: 17, n: 66, ...turn, version });
			await check({ m: 1, k: 1, n: 1, ...turn, version });
		});
		test('equals the reference around tiles and quads', async () => {
			for (const size of [7, 8, 9, 16, 63, 64, 65, 128])
				await check({ m: size, k: 20, n: 12, version });
			for (const size of [4, 15, 16, 17, 32, 33]) await check({ m: 12, k: size, n: 8, version });
			for (const size of [4, 60, 64, 68, 256, 260])
				await check({ m: 12, k: 8, n: size, batch: 2, version });
		});
	});

	if (name === 'webgpu')
		test('wide tiles of a and b both transposed', () =>
			check({ m: 68, k: 36, n: 132, transposeA: true, transposeB: true, version: 'wide' }));

	test('random shapes, any transposition: all versions agree', async () => {
		let state = 7;
		const random = (most: number) => {
			state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
			return 1 + Math.floor((state / 2 ** 32) * most);
		};
		for (let round = 0; round < 24; round++) {
			const turn = TURNS[round % 4];
			const size = { batch: random(3), m: random(90), k: random(50), n: random(90) };
			for (const version of versions) await check({ ...size, ...turn, version });
		}
	});

	test.each(TURNS)('gradients agree with differences, transposed as %o', async (turn) => {
		for (const size of [
			{ batch: 2, m: 3, k: 5, n: 7 },
			{ batch: 1, m: 8, k: 4, n: 12 }
		]) {
			const given = { ...size, ...turn, alpha: 0.7 };
			const shape = shapes(given);
			const inputs = {
				a: { shape: shape.a, data: numbers(size.batch * size.m * size.k, 1) },
				b: { shape: shape.b, data: numbers(size.batch * size.k * size.n, 2) }
			};
			const seed = numbers(size.batch * size.m * size.n, 3);
			const got = await runGradients(
				engine,
				inputs,
				(plan, { a, b }) => matmul(plan, { ...given, a, b }),
				seed
			);
			const want = differences(inputs, ({ a, b }) => matmulReference(a, b, size, given), seed);
			expect(relativeError(got.gradients.a, want.a)).toBeLessThan(1e-5);
			expect(relativeError(got.gradients.b, want.b)).toBeLessThan(1e-5);
		}
	});

	test('a tensor times itself gets both gradients', async () => {
		const inputs = { a: { shape: [1, 6, 6], data: numbers(36, 1) } };
		const seed = numbers(36, 3);
		const got = await runGradients(
			engine,
			inputs,
			(plan, { a }) => matmul(plan, { a, b: a }),
			seed
		);
		const want = differences(
			inputs,
			({ a }) => matmulReference(a, a, { batch: 1, m: 6, n: 6, k: 6 }),
			seed
		);
		expect(relativeError(got.gradients.a, want.a)).toBeLessThan(1e-5);
	});

	if (name !== 'cpu')
		test('sums that are split over workgroups equal the others, with all that comes after them', async () => {
			const [batch, rows, inner, columns] = [2, 12, 1030, 10];
			const a = numbers(batch * inner * rows, 1);
			const b = numbers(batch * inner * columns, 2);
			const bias = numbers(columns, 3);
			const residual = numbers(batch * rows * columns, 4);
			const tensors = {
				a: upload(engine, [batch, inner, rows], a),
				b: upload(engine, [batch, inner, columns], b),
				bias: upload(engine, [columns], bias),
				residual: upload(engine, [batch, rows, columns], residual)
			};
			const run = (splits: number) =>
				runOnce(engine, (plan) => {
					const y = plan.tensor([batch, rows, columns], 'y');
					addProduct(plan, {
						...{ op: 'split', batch, rows, inner, columns, splits, alpha: 0.5 },
						a: { tensor: tensors.a, stride: rows, batch: inner * rows, across: true },
						b: { tensor: tensors.b, stride: columns, batch: inner * columns, across: true },
						y: { tensor: y, stride: columns, batch: rows * columns },
						...{ bias: tensors.bias, residual: tensors.residual },
						activation: 'softplus',
						version: name === 'webgpu' ? 'shared' : 'tile'
					});
					return [y];
				});
			const want = matmulReference(
				a,
				b,
				{ batch, m: rows, n: columns, k: inner },
				{ transposeA: true, alpha: 0.5 }
			).map((sum, i) => {
				const x = sum + bias[i % columns];
				return Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x))) + residual[i];
			});
			for (const splits of [1, 2, 5]) {
				const [got] = await run(splits);
				expect(relativeError(got, want), `${splits} parts`).toBeLessThan(2e-6);
			}
		});

	if (name !== 'cpu')
		test('without matrix units the version for them says what it needs', async () => {
			const a = upload(engine, [1, 4, 4], numbers(16, 1));
			await expect(
				engine.plan((plan) => matmul(plan, { a, b: a, version: 'tensor' }))
			).rejects.toThrow('needs matrix units');
		});

	test('refuses shapes that do not fit, and says what came', async () => {
		const a = upload(engine, [1, 2, 3], numbers(6, 1));
		const b = upload(engine, [1, 2, 4], numbers(8, 2));
		await expect(engine.plan((plan) => matmul(plan, { a, b }))).rejects.toThrow(
			'matmul: b is 1 × 2 × 4; expected 1 × 3 × any for a of 1 × 2 × 3'
		);
	});
});
