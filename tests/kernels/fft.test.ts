// The Fourier transform, held to the sum as it stands and to its own inverse.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Engine, PlanBuilder, Tensor } from '#lib/engine/index.ts';
import { fft, realFft, type Version } from '#kernels/fft/index.ts';
import { dft, fftReference, inverseReference } from '#kernels/fft/reference.ts';
import { rootsOf } from '#kernels/fft/passes.ts';
import { complex, type Complex } from '#kernels/lib/complex.ts';
import { engines, runOnce, upload } from './engines.ts';
import { differences, relativeError, runGradients } from './gradients.ts';
import { numbers, stream } from './selective_scan.cases.ts';

const random = (count: number, seed: number) => {
	const next = stream(seed);
	return numbers(count, () => 2 * next() - 1);
};
const pairs = (flat: ArrayLike<number>): Complex[] =>
	Array.from({ length: flat.length / 2 }, (_, i) => complex(flat[2 * i], flat[2 * i + 1]));
const flat = (values: readonly Complex[]): number[] => values.flatMap(({ re, im }) => [re, im]);
/** The reference on every row. */
const rowsOf = (x: ArrayLike<number>, points: number, f: (row: Complex[]) => Complex[]) => {
	const all = pairs(x);
	return Array.from({ length: all.length / points }, (_, r) =>
		flat(f(all.slice(r * points, (r + 1) * points)))
	).flat();
};

describe('the reference', () => {
	it('by halves equals the sum as it stands', () => {
		const x = pairs(random(64, 1));
		expect(relativeError(flat(fftReference(x)), flat(dft(x)))).toBeLessThan(1e-14);
		expect(relativeError(flat(inverseReference(fftReference(x))), flat(x))).toBeLessThan(1e-14);
		expect(() => fftReference(pairs(random(12, 1)))).toThrow('takes a power of two, not 3');
	});
});

const run = async (
	engine: Engine,
	x: ArrayLike<number>,
	shape: readonly number[],
	build: (plan: PlanBuilder, x: Tensor) => Tensor
) => {
	const tensor = upload(engine, shape, x);
	const [y] = await runOnce(engine, (plan) => [build(plan, tensor)]);
	engine.free(tensor);
	return y;
};

describe.each(engines)('on $name', ({ name, open }) => {
	let engine: Engine;
	beforeAll(async () => {
		engine = await open();
	});
	afterAll(() => engine.destroy());

	const versions: Version[] = name === 'cpu' ? ['registers'] : ['registers', 'workgroup'];
	// Every remainder of eights; one, two and three passes.
	const lengths = { registers: [1, 2, 4, 8, 16, 32, 64, 256], workgroup: [8, 32, 512] };

	it.each(versions)('%s equals the reference at every length, and its inverse', async (version) => {
		for (const points of lengths[version]) {
			const rows = points > 256 ? 2 : 5;
			const x = random(rows * points * 2, points);
			const shape = [rows, points, 2];
			const X = await run(engine, x, shape, (plan, t) => fft(plan, { x: t, version }));
			const want = rowsOf(x, points, fftReference);
			expect(relativeError(X, want), `${points} points`).toBeLessThan(1e-6);
			const back = await run(engine, X, shape, (plan, t) =>
				fft(plan, { x: t, version, inverse: true })
			);
			expect(relativeError(back, x), `${points} points, inverse`).toBeLessThan(1e-6);
		}
	});

	it.each(versions)('%s is exact enough at 2¹⁷ points', async (version) => {
		// The longest to compile; the same everywhere.
		if (version === 'workgroup' && name !== 'webgpu') return;
		const points = 2 ** 17;
		const x = random(2 * points, 3);
		const X = await run(engine, x, [points, 2], (plan, t) => fft(plan, { x: t, version }));
		expect(relativeError(X, rowsOf(x, points, fftReference))).toBeLessThan(2e-6);
	});

	it('of real numbers is the first half of the whole', async () => {
		for (const points of [2, 8, 64, 512]) {
			const rows = 3;
			const x = random(rows * points, points);
			const X = await run(engine, x, [rows, points], (plan, t) => realFft(plan, { x: t }));
			const want = Array.from({ length: rows }, (_, r) =>
				flat(
					fftReference([...x.slice(r * points, (r + 1) * points)].map((v) => complex(v))).slice(
						0,
						points / 2 + 1
					)
				)
			).flat();
			expect(relativeError(X, want), `${points} points`).toBeLessThan(1e-6);
		}
	});

	it('gives its gradient by the transform the other way round', async () => {
		const shape = [2, 8, 2];
		const x = random(32, 4);
		const seed = random(32, 5);
		for (const inverse of [false, true]) {
			const { gradients } = await runGradients(
				engine,
				{ x: { shape, data: x } },
				(plan, { x }) => fft(plan, { x, inverse }),
				seed
			);
			const want = differences(
				{ x: { shape, data: x } },
				({ x }) => rowsOf(x, 8, inverse ? inverseReference : fftReference),
				seed
			);
			expect(relativeError(gradients.x, want.x)).toBeLessThan(1e-6);
		}
	});

	it.skipIf(name === 'cpu')('has roots of unity to a unit in the last place', async () => {
		const points = 4096;
		const [roots] = await runOnce(engine, (plan) => [rootsOf(plan, points)]);
		let worst = 0;
		for (let j = 0; j < points; j++) {
			const angle = (2 * Math.PI * j) / points;
			worst = Math.max(worst, Math.abs(roots[2 * j] - Math.cos(angle)));
			worst = Math.max(worst, Math.abs(roots[2 * j + 1] + Math.sin(angle)));
		}
		expect(worst).toBeLessThan(1e-7);
	});

	it('says what was expected and what came', async () => {
		const build = (shape: number[]) =>
			engine.plan((plan) => fft(plan, { x: engine.tensor(shape) }));
		await expect(build([2, 12, 2])).rejects.toThrow('fft: rows of 12; expected a power of two');
		await expect(build([2, 8])).rejects.toThrow('fft: x is 2 × 8; expected rows of pairs');
	});
});
