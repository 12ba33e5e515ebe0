// Operations that no golden model has, and versions that ask for less there, on a device that offers what all must: they give there
// what they give elsewhere.
import { afterAll, beforeAll, expect, it } from 'vitest';
import { associativeScan, SCAN_VERSIONS } from '#kernels/associative_scan/index.ts';
import { multiply } from '#kernels/elementwise/index.ts';
import { linear } from '#kernels/linear/index.ts';
import { reduce } from '#kernels/reduce/index.ts';
import { s4dScan } from '#kernels/s4d/index.ts';
import type { Engine, PlanBuilder, Tensor } from '#lib/engine/index.ts';
import { engines, runOnce, upload } from './engines.ts';
import { relativeError, runGradients, type Input } from './gradients.ts';
import { numbers, stream } from './selective_scan.cases.ts';

const [, full, limited] = engines;
let devices: readonly Engine[];
beforeAll(async () => {
	devices = [await full.open(), await limited.open()];
});
afterAll(() => devices.forEach((engine) => engine.destroy()));

const next = stream(3);
const input = (...shape: number[]): Input => ({
	shape,
	data: numbers(
		shape.reduce((n, size) => n * size, 1),
		next
	)
});

/** The output and all gradients are the same on both devices. */
async function same<Name extends string>(
	inputs: Record<Name, Input>,
	build: (plan: PlanBuilder, tensors: Record<Name, Tensor>) => Tensor,
	outputs: number
) {
	const seed = numbers(outputs, stream(4));
	const [want, got] = [
		await runGradients(devices[0], inputs, build, seed),
		await runGradients(devices[1], inputs, build, seed)
	];
	expect(relativeError(got.output, want.output)).toBeLessThan(1e-6);
	for (const name of Object.keys(inputs) as Name[])
		expect(relativeError(got.gradients[name], want.gradients[name]), name).toBeLessThan(1e-6);
}

it.each(SCAN_VERSIONS)('the associative scan, %s', (version) =>
	same(
		{ a: input(2, 130, 3), b: input(2, 130, 3) },
		(plan, tensors) => associativeScan(plan, { ...tensors, version }),
		780
	)
);

it('the scan of S4D', () =>
	same(
		{
			x: input(2, 70, 5),
			log_A_real: input(5, 4),
			A_imag: input(5, 4),
			C: input(5, 4, 2),
			log_dt: input(5)
		},
		(plan, tensors) => s4dScan(plan, tensors),
		700
	));

it('sums and products', () =>
	same(
		{ a: input(1, 3, 300), b: input(1, 3, 300) },
		(plan, tensors) => reduce(plan, { x: multiply(plan, tensors), kind: 'sum', over: 'last' }),
		3
	));

it('the widest product, without the padding that needs more memory', async () => {
	const [x, weight] = [input(1, 132, 20), input(140, 20)];
	const [want, got] = await Promise.all(
		devices.map(async (engine) => {
			const tensors = {
				x: upload(engine, x.shape, x.data),
				weight: upload(engine, weight.shape, weight.data)
			};
			const [y] = await runOnce(engine, (plan) => [linear(plan, { ...tensors, version: 'wide' })]);
			return y;
		})
	);
	expect(relativeError(got, want)).toBeLessThan(1e-6);
});
