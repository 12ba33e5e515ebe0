// The head fused with the loss, in chunks of rows, held to its plain reference.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
	gradients,
	ShapeError,
	type Engine,
	type PlanBuilder,
	type Tensor
} from '#lib/engine/index.ts';
import { IGNORE } from '#kernels/cross_entropy/index.ts';
import { headLoss } from '#kernels/head_loss/index.ts';
import { headLossReference } from '#kernels/head_loss/reference.ts';
import { goldenFile } from '../golden/models.ts';
import { bothEngines, upload } from './engines.ts';
import { differences, relativeError, runGradients, type Input } from './gradients.ts';
import { numbers, stream } from './selective_scan.cases.ts';

interface Size {
	readonly batch: number;
	readonly length: number;
	readonly width: number;
	readonly classes: number;
}

function problem({ batch, length, width, classes }: Size) {
	const next = stream(length + width + classes);
	const draw = (count: number) => numbers(count, () => 2 * next() - 1);
	const rows = batch * length;
	const targets = Uint32Array.from({ length: rows }, (_, i) =>
		i % 4 === 2 ? IGNORE : Math.floor(next() * classes)
	);
	return {
		hidden: { shape: [batch, length, width], data: draw(rows * width) },
		weight: { shape: [classes, width], data: draw(classes * width) },
		bias: { shape: [classes], data: draw(classes) },
		targets: { shape: [batch, length], data: targets, fixed: true }
	} satisfies Record<string, Input>;
}

type Values<Name extends string> = Record<Name, Float64Array>;

/** The reference on the free inputs alone. */
const referenceOf =
	({ data: targets }: Input, classes: number) =>
	({ hidden, weight }: Values<'hidden' | 'weight'>) => [
		headLossReference(hidden, weight, null, targets, classes)
	];

describe.each(bothEngines)('the loss of the head on $name', ({ open }) => {
	let engine: Engine;
	beforeAll(async () => {
		engine = await open();
	});
	afterAll(() => engine.destroy());

	it('and its gradients equal the reference, whatever the chunks', async () => {
		const size = { batch: 2, length: 5, width: 6, classes: 11 };
		const inputs = problem(size);
		const f = ({ hidden, weight, bias }: Values<'hidden' | 'weight' | 'bias'>) => [
			headLossReference(hidden, weight, bias, inputs.targets.data, size.classes)
		];
		const want = differences(inputs, f, [0.7]);
		for (const rowsPerChunk of [1, 3, 5, 10, 64, undefined]) {
			const { output, gradients } = await runGradients(
				engine,
				inputs,
				(plan, tensors) => headLoss(plan, { ...tensors, rowsPerChunk }),
				[0.7]
			);
			const [loss] = f({
				hidden: Float64Array.from(inputs.hidden.data),
				weight: Float64Array.from(inputs.weight.data),
				bias: Float64Array.from(inputs.bias.data)
			});
			expect(Math.abs(output[0] - loss)).toBeLessThan(2e-6 * loss);
			for (const name of ['hidden', 'weight', 'bias'] as const)
				expect(relativeError(gradients[name], want[name]), name).toBeLessThan(1e-4);
		}
	});

	it.each([
		{ batch: 1, length: 7, width: 24, classes: 61 },
		{ batch: 3, length: 3, width: 5, classes: 97 },
		{ batch: 1, length: 1, width: 1, classes: 1 }
	])('does without a bias, $width wide and with $classes classes', async (size) => {
		const { hidden, weight, targets } = problem(size);
		const inputs = { hidden, weight, targets };
		const { gradients } = await runGradients(
			engine,
			inputs,
			(plan, tensors) => headLoss(plan, { ...tensors, rowsPerChunk: 4 }),
			[1]
		);
		const want = differences(inputs, referenceOf(inputs.targets, size.classes), [1]);
		for (const name of ['hidden', 'weight'] as const)
			if (size.classes === 1) expect(Math.abs(gradients[name][0])).toBeLessThan(1e-6);
			else expect(relativeError(gradients[name], want[name]), name).toBeLessThan(1e-4);
	});

	it.each(['mamba2', 'mamba2_groups', 'mamba_odd', 'neox'])(
		'equals PyTorch on the golden %s: the loss, and the gradient of its head',
		async (folder) => {
			const golden = await goldenFile(`${folder}/golden`);
			const model = await goldenFile(`${folder}/model`);
			const layers = golden.names.filter((name) => name.startsWith('hidden.')).length - 1;
			const [batch, length, width] = golden.shape(`hidden.${layers}`);
			const ids = await golden.integers('input_ids');
			// Every token's target is the next one; the last token has none.
			const targets = Uint32Array.from(ids, (_, i) =>
				i % length === length - 1 ? IGNORE : Number(ids[i + 1])
			);
			const inputs = {
				hidden: {
					shape: [batch, length, width],
					data: await golden.f32(`hidden.${layers}`),
					fixed: true
				},
				weight: {
					shape: model.shape('lm_head.weight'),
					data: await model.f32('lm_head.weight')
				},
				targets: { shape: [batch, length], data: targets, fixed: true }
			};
			const { output, gradients } = await runGradients(
				engine,
				inputs,
				(plan, tensors) => headLoss(plan, { ...tensors, rowsPerChunk: 16 }),
				[1]
			);
			const [loss] = await golden.f32('loss');
			expect(Math.abs(output[0] - loss)).toBeLessThan(1e-5 * loss);
			const want = await golden.f32('grad.lm_head.weight');
			expect(relativeError(gradients.weight, want)).toBeLessThan(1e-4);
		}
	);

	it('adds to what other uses of the weight and the hidden state gave', async () => {
		const size = { batch: 1, length: 6, width: 3, classes: 9 };
		const { hidden, weight, targets } = problem(size);
		const inputs = { hidden, weight, targets };
		const twice = (plan: PlanBuilder, tensors: Record<'hidden' | 'weight' | 'targets', Tensor>) => {
			// The second loss takes the first one's hidden state and weight again, with its own chunks.
			const losses = [2, 6].map((rowsPerChunk) => headLoss(plan, { ...tensors, rowsPerChunk }));
			const both = plan.tensor([1], 'sum of losses');
			plan.add({
				op: 'pair',
				version: 'plain',
				reads: losses,
				writes: [both],
				kernel: () => ({
					code: `@group(0) @binding(1) var<storage, read> a: array<f32>;
@group(0) @binding(2) var<storage, read> b: array<f32>;
@group(0) @binding(3) var<storage, read_write> y: array<f32>;
@compute @workgroup_size(1) fn main() { y[0] = a[0] + b[0]; }`,
					bindings: [...losses, both],
					uniform: [],
					workgroups: [1]
				}),
				cpu: (views) => {
					const [a, b, y] = [...losses, both].map((tensor) => views.f32(tensor));
					return () => {
						y[0] = a[0] + b[0];
					};
				}
			});
			plan.differentiable({
				op: 'pair',
				inputs: losses,
				outputs: [both],
				backward: (_, flow) => losses.forEach((loss) => flow.give(loss, flow.of(both)!))
			});
			return both;
		};
		const { gradients: got } = await runGradients(engine, inputs, twice, [1]);
		const want = differences(inputs, referenceOf(inputs.targets, size.classes), [2]);
		for (const name of ['hidden', 'weight'] as const)
			expect(relativeError(got[name], want[name]), name).toBeLessThan(1e-4);
	});

	it('of nothing that counts is 0, and so are its gradients', async () => {
		const inputs = problem({ batch: 1, length: 5, width: 4, classes: 7 });
		inputs.targets.data.fill(IGNORE);
		const { output, gradients: got } = await runGradients(
			engine,
			inputs,
			(plan, tensors) => headLoss(plan, { ...tensors, rowsPerChunk: 2 }),
			[1]
		);
		expect([...output]).toEqual([0]);
		for (const name of ['hidden', 'weight', 'bias'] as const)
			expect(got[name].every((v) => v === 0)).toBe(true);
	});

	it('never holds all logits, and computes no gradients that nobody asks for', async () => {
		const [rows, width, classes] = [512, 4, 500];
		const tensors = {
			hidden: upload(engine, [1, rows, width], new Float32Array(rows * width)),
			weight: upload(engine, [classes, width], new Float32Array(classes * width)),
			targets: engine.tensor([1, rows], { dtype: 'u32' })
		};
		const build = (plan: PlanBuilder) => headLoss(plan, { ...tensors, rowsPerChunk: 32 });
		const forward = await engine.plan((plan) => plan.keep(build(plan)));
		const both = await engine.plan((plan) => {
			const loss = plan.keep(build(plan));
			const given = gradients(plan, loss, [tensors.hidden, tensors.weight]);
			return [...given.values()].map((tensor) => plan.keep(tensor));
		});
		expect(forward.steps).toHaveLength(2 + 2 * (rows / 32));
		expect(forward.bytes).toBeLessThan((4 * rows * classes) / 8);
		expect(both.bytes).toBeLessThan((4 * rows * classes) / 3);
		await forward.run();
		const [loss] = await engine.read(forward.result);
		expect(loss).toBeCloseTo(Math.log(classes), 4);
		forward.destroy();
		both.destroy();
	});

	it('says what was expected and what came', async () => {
		const hidden = upload(engine, [1, 2, 3], new Float32Array(6));
		const weight = upload(engine, [5, 4], new Float32Array(20));
		const targets = engine.tensor([1, 2], { dtype: 'u32' });
		const build = () => engine.plan((plan) => headLoss(plan, { hidden, weight, targets }));
		await expect(build()).rejects.toThrow(ShapeError);
		await expect(build()).rejects.toThrow('headLoss: weight is 5 × 4; expected any × 3.');
	});
});
