// The gradients of a linear layer: by differences of the reference at odd sizes, and every version against the plain sums.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { linear, type LinearOptions, type LinearVersion } from '#kernels/linear/index.ts';
import { linearReference } from '#kernels/linear/reference.ts';
import { gradients, type Engine } from '#lib/engine/index.ts';
import { bothEngines, runOnce, upload } from './engines.ts';
import { differences, relativeError, runGradients, type Input } from './gradients.ts';

/** Numbers in (−1, 1) that repeat on every run: a Weyl sequence. */
const numbers = (count: number, salt: number) =>
	Float32Array.from(
		{ length: count },
		(_, i) => 2 * ((0.6180339887 * (i + 1) + 0.37 * salt) % 1) - 1
	);

type Activation = NonNullable<LinearOptions['activation']>;

describe.each(bothEngines)('gradients of linear on $name', ({ name, open }) => {
	let engine: Engine;
	beforeAll(async () => {
		engine = await open();
	});
	afterAll(() => engine.destroy());

	interface Case {
		rows: number;
		width: number;
		out: number;
		stride?: number;
		offset?: number;
		bias?: boolean;
		residual?: boolean;
		activation?: Activation;
		version?: LinearVersion;
	}

	async function check(given: Case): Promise<void> {
		const { rows, width, out, stride = width, offset = 0, activation = 'none', version } = given;
		const inputs: Record<string, Input> = {
			x: { shape: [1, rows, stride], data: numbers(rows * stride, 1) },
			weight: { shape: [out, width], data: numbers(out * width, 2) },
			...(given.bias && { bias: { shape: [out], data: numbers(out, 3) } }),
			...(given.residual && {
				residual: { shape: [1, rows, out], data: numbers(rows * out, 4) }
			})
		};
		const seed = numbers(rows * out, 5);
		const got = await runGradients(
			engine,
			inputs,
			(plan, { x, weight, bias, residual }) =>
				linear(plan, {
					...{ x, weight, bias, residual, activation, version },
					columns: [offset, offset + width]
				}),
			seed
		);
		const want = differences(
			inputs,
			({ x, weight, bias, residual }) => {
				const input = new Float64Array(rows * width);
				for (let r = 0; r < rows; r++)
					for (let k = 0; k < width; k++) input[r * width + k] = x[r * stride + offset + k];
				return linearReference(
					input,
					weight,
					{ rows, in: width, out },
					{ bias, residual, activation }
				);
			},
			seed
		);
		for (const key of Object.keys(inputs))
			expect(relativeError(got.gradients[key], want[key]), key).toBeLessThan(1e-5);
	}

	test('agree with differences, whole and odd sizes', async () => {
		await check({ rows: 8, width: 8, out: 12 });
		await check({ rows: 7, width: 5, out: 9, bias: true, residual: true });
		await check({ rows: 1, width: 3, out: 1, bias: true });
		await check({ rows: 9, width: 4, out: 6, stride: 11, offset: 3 });
	});

	test('agree with differences behind every activation, from the output and from the sums', async () => {
		for (const activation of ['softplus', 'silu', 'gelu', 'relu2', 'sigmoid', 'tanh'] as const) {
			await check({ rows: 5, width: 4, out: 6, bias: true, activation });
			await check({ rows: 5, width: 4, out: 6, residual: true, activation });
		}
	});

	/** dx, dW and d bias as plain sums in f64. */
	function plain(
		{ rows, width, out, stride = width, offset = 0 }: Case,
		x: Float32Array,
		weight: Float32Array,
		dy: Float32Array
	) {
		const dx = new Float64Array(rows * stride);
		const dW = new Float64Array(out * width);
		const db = new Float64Array(out);
		for (let r = 0; r < rows; r++)
			for (let o = 0; o < out; o++) {
				const d = dy[r * out + o];
				db[o] += d;
				for (let k = 0; k < width; k++) {
					dx[r * stride + offset + k] += d * weight[o * width + k];
					dW[o * width + k] += d * x[r * stride + offset + k];
				}
			}
		return { x: dx, weight: dW, bias: db };
	}

	async function compare(size: Case): Promise<void> {
		const { rows, width, out, stride = width, offset = 0, version } = size;
		const x = numbers(rows * stride, 1);
		const weight = numbers(out * width, 2);
		const dy = numbers(rows * out, 3);
		const got = await runGradients(
			engine,
			{
				x: { shape: [1, rows, stride], data: x },
				weight: { shape: [out, width], data: weight },
				bias: { shape: [out], data: numbers(out, 4) }
			},
			(plan, tensors) => linear(plan, { ...tensors, columns: [offset, offset + width], version }),
			dy
		);
		const want = plain(size, x, weight, dy);
		for (const key of ['x', 'weight', 'bias'] as const)
			expect(
				relativeError(got.gradients[key], want[key]),
				`${key} of ${rows} × ${width} × ${out}, ${version}`
			).toBeLessThan(1e-5);
	}

	// Compiling for an imitated GPU takes most of the time: each way of the large tiles once, the others where matmul is tested.
	const odd = [
		{ rows: 23, width: 32, out: 97 },
		{ rows: 65, width: 17, out: 130 },
		{ rows: 20, width: 16, out: 12, stride: 40, offset: 8 }
	];
	const quads = [{ rows: 132, width: 68, out: 20 }];
	const cases: [LinearVersion | undefined, Case[]][] = {
		cpu: [[undefined, [...odd, ...quads]] as [undefined, Case[]]],
		webgpu: [
			['tile', [...odd, ...quads]] as [LinearVersion, Case[]],
			['shared', [...odd, ...quads]] as [LinearVersion, Case[]],
			['wide', quads] as [LinearVersion, Case[]]
		]
	}[name as 'cpu' | 'webgpu'];
	test.each(cases)(
		'equal plain sums around the edges of tiles, version %s',
		async (version, sizes) => {
			for (const size of sizes) await compare({ ...size, version });
		}
	);

	test('sums over many rows stay accurate', async () => {
		await compare({ rows: 3000, width: 8, out: 4 });
		await compare({ rows: 1029, width: 5, out: 3 });
	});

	test('add up where tensors are used twice', async () => {
		const [rows, width] = [6, 8];
		const weight = numbers(width * width, 2).map((v) => v / 2);
		const inputs = {
			x: { shape: [1, rows, width], data: numbers(rows * width, 1) },
			weight: { shape: [width, width], data: weight },
			bias: { shape: [width], data: numbers(width, 3) }
		};
		const seed = numbers(rows * width, 5);
		const got = await runGradients(
			engine,
			inputs,
			(plan, { x, weight, bias }) => {
				const y = linear(plan, { x, weight, bias, residual: x });
				return linear(plan, { x: y, weight, bias, residual: x });
			},
			seed
		);
		const size = { rows, in: width, out: width };
		const want = differences(
			inputs,
			({ x, weight, bias }) =>
				linearReference(linearReference(x, weight, size, { bias, residual: x }), weight, size, {
					bias,
					residual: x
				}),
			seed
		);
		for (const key of ['x', 'weight', 'bias'] as const)
			expect(relativeError(got.gradients[key], want[key]), key).toBeLessThan(1e-5);
	});

	test('two layers that read columns of one tensor fill its gradient together', async () => {
		const inputs = {
			x: { shape: [1, 5, 12], data: numbers(60, 1) },
			first: { shape: [7, 4], data: numbers(28, 2) },
			second: { shape: [7, 8], data: numbers(56, 3) }
		};
		const seed = numbers(35, 5);
		const got = await runGradients(
			engine,
			inputs,
			(plan, { x, first, second }) =>
				linear(plan, {
					...{ x, weight: second, columns: [4, 12] },
					residual: linear(plan, { x, weight: first, columns: [0, 4] })
				}),
			seed
		);
		const want = differences(
			inputs,
			({ x, first, second }) => {
				const both = new Float64Array(7 * 12);
				for (let o = 0; o < 7; o++) {
					both.set(first.subarray(4 * o, 4 * o + 4), 12 * o);
					both.set(second.subarray(8 * o, 8 * o + 8), 12 * o + 4);
				}
				return linearReference(x, both, { rows: 5, in: 12, out: 7 });
			},
			seed
		);
		for (const key of ['x', 'first', 'second'] as const)
			expect(relativeError(got.gradients[key], want[key]), key).toBeLessThan(1e-5);
	});

	test('a residual’s gradient is what came, without a copy', async () => {
		const x = upload(engine, [1, 2, 4], numbers(8, 1));
		const weight = upload(engine, [4, 4], numbers(16, 2));
		const residual = upload(engine, [1, 2, 4], numbers(8, 3));
		const seed = upload(engine, [1, 2, 4], numbers(8, 4));
		const plan = await engine.plan((plan) => {
			const y = linear(plan, { x, weight, residual });
			return gradients(plan, y, [residual], { seed }).get(residual);
		});
		expect(plan.result).toBe(seed);
		expect(plan.steps).toHaveLength(1);
		plan.destroy();
	});

	test('a norm in front has no gradient, and that is said', async () => {
		const x = upload(engine, [1, 2, 4], numbers(8, 1));
		const weight = upload(engine, [4, 4], numbers(16, 2));
		const norm = { weight: upload(engine, [4], numbers(4, 3)), epsilon: 1e-5 };
		const seed = upload(engine, [1, 2, 4], numbers(8, 4));
		await expect(
			engine.plan((plan) => gradients(plan, linear(plan, { x, weight, norm }), [weight], { seed }))
		).rejects.toThrow('use rmsNorm and linear');
	});

	test('every activation equals the reference, far out too', async () => {
		const x = Float32Array.from({ length: 64 }, (_, i) => (i - 32) * (i % 2 ? 1.7 : 0.11));
		const one = upload(engine, [4, 1], [1, 1, 1, 1]);
		for (const activation of ['softplus', 'silu', 'gelu', 'relu2', 'sigmoid', 'tanh'] as const) {
			const [got] = await runOnce(engine, (plan) => [
				linear(plan, { x: upload(engine, [1, 64, 1], x), weight: one, activation })
			]);
			const want = linearReference(x, [1, 1, 1, 1], { rows: 64, in: 1, out: 4 }, { activation });
			for (let i = 0; i < want.length; i++) {
				const allowed = 5e-7 + 2e-6 * Math.abs(want[i]);
				if (!(Math.abs(got[i] - want[i]) <= allowed))
					expect.fail(`${activation} of ${x[i >> 2]} is ${got[i]}; the reference says ${want[i]}`);
			}
		}
	});
});
