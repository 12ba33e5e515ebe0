// Softmax and cross-entropy, forward and backward, held to their plain references.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ShapeError, type Engine } from '#lib/engine/index.ts';
import { crossEntropy, IGNORE } from '#kernels/cross_entropy/index.ts';
import { crossEntropyReference } from '#kernels/cross_entropy/reference.ts';
import { rowVersions, type RowVersion } from '#kernels/lib/rows.ts';
import { softmax } from '#kernels/softmax/index.ts';
import { softmaxReference } from '#kernels/softmax/reference.ts';
import { engines, runOnce, upload } from './engines.ts';
import { differences, relativeError, runGradients } from './gradients.ts';
import { numbers, stream } from './selective_scan.cases.ts';

const CLOSE = 2e-6;
/** Rows and widths around the edges of lanes and workgroups. */
const SIZES = [
	[1, 1],
	[3, 5],
	[9, 64],
	[7, 65],
	[70, 3]
];

/** Numbers from −4 to 4. */
function signed(seed: number) {
	const next = stream(seed);
	return (count: number) => numbers(count, () => 8 * next() - 4);
}

/** Every third target is ignored. */
function targetsOf(rows: number, classes: number): Uint32Array<ArrayBuffer> {
	const next = stream(rows + 7 * classes);
	return Uint32Array.from({ length: rows }, (_, i) =>
		i % 3 === 1 ? IGNORE : Math.floor(next() * classes)
	);
}

describe('the references', () => {
	it('know the loss of equal logits', () => {
		expect(crossEntropyReference([2, 2, 2, 2], [3], 4)).toBeCloseTo(Math.log(4), 12);
		expect(crossEntropyReference([0, 0, 9, 1], [0, IGNORE], 2)).toBeCloseTo(Math.LN2, 12);
		expect([...softmaxReference([1e3, 1e3], 2)]).toEqual([0.5, 0.5]);
	});
});

describe.each(engines)('on $name', ({ open }) => {
	let engine: Engine;
	beforeAll(async () => {
		engine = await open();
	});
	afterAll(() => engine.destroy());

	it('softmax equals the reference, large numbers too', async () => {
		for (const version of rowVersions(engine))
			for (const [rows, width] of SIZES)
				for (const scale of [1, 1e4]) {
					const x = signed(rows + width)(rows * width).map((v) => scale * v);
					const [got] = await runOnce(engine, (plan) => [
						softmax(plan, { x: upload(engine, [rows, width], x), version })
					]);
					expect(relativeError(got, softmaxReference(x, width))).toBeLessThan(CLOSE);
				}
	});

	it('softmax sends back what differences of the reference say', async () => {
		for (const version of rowVersions(engine))
			for (const [rows, width] of SIZES) {
				const draw = signed(rows + width);
				const inputs = { x: { shape: [rows, width], data: draw(rows * width) } };
				const seed = draw(rows * width);
				const { gradients } = await runGradients(
					engine,
					inputs,
					(plan, { x }) => softmax(plan, { x, version }),
					seed
				);
				const want = differences(inputs, ({ x }) => softmaxReference(x, width), seed);
				if (width === 1) expect(Math.max(...gradients.x.map(Math.abs))).toBeLessThan(CLOSE);
				else expect(relativeError(gradients.x, want.x)).toBeLessThan(1e-4);
			}
	});

	it('cross-entropy and its gradient equal the reference', async () => {
		for (const version of rowVersions(engine))
			for (const [rows, classes] of SIZES) {
				const targets = targetsOf(rows, classes);
				const inputs = {
					logits: { shape: [1, rows, classes], data: signed(rows)(rows * classes) },
					targets: { shape: [1, rows], data: targets, fixed: true }
				};
				const { output, gradients } = await runGradients(
					engine,
					inputs,
					(plan, tensors) => crossEntropy(plan, { ...tensors, version }),
					[1.5]
				);
				const f = ({ logits }: { logits: Float64Array }) => [
					crossEntropyReference(logits, targets, classes)
				];
				const [loss] = f({ logits: Float64Array.from(inputs.logits.data) });
				expect(Math.abs(output[0] - loss)).toBeLessThan(CLOSE * Math.max(1, loss));
				const want = differences(inputs, f, [1.5]);
				if (classes === 1) expect(Math.max(...gradients.logits.map(Math.abs))).toBeLessThan(CLOSE);
				else expect(relativeError(gradients.logits, want.logits)).toBeLessThan(1e-4);
			}
	});

	it('versions agree with one another at random shapes', async () => {
		const next = stream(77);
		for (let round = 0; round < 4; round++) {
			const [rows, classes] = [1 + Math.floor(90 * next()), 1 + Math.floor(150 * next())];
			const inputs = {
				logits: { shape: [1, rows, classes], data: signed(round)(rows * classes) },
				targets: { shape: [1, rows], data: targetsOf(rows, classes), fixed: true }
			};
			const run = (version: RowVersion) =>
				runGradients(
					engine,
					inputs,
					(plan, { logits, targets }) =>
						crossEntropy(plan, { logits: softmax(plan, { x: logits, version }), targets, version }),
					[1]
				);
			const [first, ...others] = rowVersions(engine);
			const want = await run(first);
			for (const version of others) {
				const got = await run(version);
				const where = `${version} of ${rows} × ${classes}`;
				expect(relativeError(got.output, want.output), where).toBeLessThan(1e-5);
				const error = relativeError(got.gradients.logits, want.gradients.logits);
				if (classes > 1) expect(error, where).toBeLessThan(5e-5);
			}
		}
	});

	it('cross-entropy of nothing that counts is 0, and so is its gradient', async () => {
		const { output, gradients } = await runGradients(
			engine,
			{
				logits: { shape: [2, 2, 5], data: signed(1)(20) },
				targets: { shape: [2, 2], data: new Uint32Array(4).fill(IGNORE), fixed: true }
			},
			(plan, tensors) => crossEntropy(plan, tensors),
			[1]
		);
		expect([...output]).toEqual([0]);
		expect(gradients.logits.every((v) => v === 0)).toBe(true);
	});

	it('cross-entropy is exact where one logit towers over the others', async () => {
		const [got] = await runOnce(engine, (plan) => [
			crossEntropy(plan, {
				logits: upload(engine, [1, 2, 3], [3e4, -3e4, 0, 1e-3, 0, 0]),
				targets: engine.tensor([1, 2], { dtype: 'u32', data: Uint32Array.of(0, IGNORE) })
			})
		]);
		expect(got[0]).toBe(0);
	});

	it('says what was expected and what came', async () => {
		const logits = upload(engine, [1, 2, 3], new Float32Array(6));
		const build = (targets: ReturnType<typeof upload>) =>
			engine.plan((plan) => crossEntropy(plan, { logits, targets }));
		await expect(build(upload(engine, [1, 2], [0, 1]))).rejects.toThrow(
			'crossEntropy: targets are f32; expected u32.'
		);
		await expect(build(upload(engine, [1, 3], [0, 1, 2]))).rejects.toThrow(ShapeError);
	});
});
