// What a training step does with its gradients: their norm, and AdamW with the clipping that reads it. All of it stays on the device.
import {
	elementsOf,
	expectShape,
	ShapeError,
	type PlanBuilder,
	type Tensor
} from '#lib/engine/types.ts';
import { blocksOf, reduceVersion, sums } from '../reduce/steps.ts';
import adamwCode from './adamw.wgsl';
import { adamwCpu } from './cpu.ts';

/** More would each work out the bias corrections for few numbers. */
const MOST_GROUPS = 1024;

export interface AdamwOptions {
	/** Any shape; updated in place. */
	readonly parameter: Tensor;
	/** As many numbers as the parameter. */
	readonly gradient: Tensor;
	/** Shaped like the parameter: the running mean of the gradient, updated in place; zeros before the first step. */
	readonly m: Tensor;
	/** Shaped like the parameter: the running mean of its square, updated in place; zeros before the first step. */
	readonly v: Tensor;
	/** f32 [6]: learning rate, β₁, β₂, ε, decay, step (1 for the first). Written by the caller before each run. */
	readonly settings: Tensor;
	/** False for what must not shrink, such as biases and the weights of norms. True unless told. */
	readonly decays?: boolean;
	/** f32 [1], from `gradientNorm`; given together with `maxNorm`. */
	readonly norm?: Tensor;
	/** The gradient is multiplied by min(1, maxNorm / (norm + 10⁻⁶)), as in `torch.nn.utils.clip_grad_norm_`. */
	readonly maxNorm?: number;
}

/**
 * One step of AdamW (Loshchilov and Hutter 2019, Algorithm 2; PyTorch's `AdamW`): bias correction by `step`, ε added after √v̂, the
 * parameter decayed by lr · decay apart from its gradient. It has no gradient of its own.
 * @throws ShapeError where gradient, m or v are not as large as the parameter, or settings and norm are not [6] and [1]; RangeError for
 * a `maxNorm` without `norm`, the reverse, or one that is not positive
 */
export function adamw(plan: PlanBuilder, options: AdamwOptions): void {
	const { parameter, gradient, m, v, settings, decays = true, norm, maxNorm } = options;
	const length = elementsOf(parameter.shape);
	expectShape('adamw: m', m, parameter.shape);
	expectShape('adamw: v', v, parameter.shape);
	expectShape('adamw: settings', settings, [6]);
	if (norm) expectShape('adamw: norm', norm, [1]);
	if (elementsOf(gradient.shape) !== length)
		throw new ShapeError(
			`adamw: the gradient is ${gradient.shape.join(' × ')}; expected ${parameter.shape.join(' × ')}.`
		);
	if ((norm === undefined) !== (maxNorm === undefined))
		throw new RangeError('adamw: norm and maxNorm are given together or not at all.');
	if (maxNorm !== undefined && !(maxNorm > 0))
		throw new RangeError(`adamw: maxNorm is ${maxNorm}; it must be positive.`);
	plan.add({
		op: 'adamw',
		version: norm ? 'clipped' : 'plain',
		reads: [parameter, m, v, gradient, settings, ...(norm ? [norm] : [])],
		writes: [parameter, m, v],
		kernel: () => ({
			code: adamwCode,
			bindings: [gradient, settings, norm ?? null, parameter, m, v],
			uniform: [length, decays ? 1 : 0, norm ? 1 : 0, { f32: maxNorm ?? 0 }],
			workgroups: [Math.min(Math.ceil(length / 256), MOST_GROUPS)]
		}),
		cpu: (views) => {
			const arrays = {
				parameter: views.f32(parameter),
				gradient: views.f32(gradient),
				m: views.f32(m),
				v: views.f32(v),
				settings: views.f32(settings)
			};
			const whole = views.optional(norm);
			return () => {
				const clip = whole && maxNorm ? Math.min(1, maxNorm / (whole[0] + 1e-6)) : 1;
				adamwCpu(arrays, decays, clip);
			};
		}
	});
}

/**
 * The Euclidean norm of all gradients as one vector, [1]: blocks of each gradient first, then the blocks.
 * @param gradients at least one, of any shapes
 * @throws RangeError where there is none
 */
export function gradientNorm(plan: PlanBuilder, gradients: readonly Tensor[]): Tensor {
	if (gradients.length === 0) throw new RangeError('gradientNorm: there is no gradient.');
	const blocks = gradients.map(({ shape }) => blocksOf(plan, 1, elementsOf(shape)));
	const parts = plan.tensor(
		[blocks.reduce((sum, count) => sum + count, 0)],
		'squares of gradients'
	);
	let first = 0;
	gradients.forEach((x, i) => {
		const version = reduceVersion(plan, 1, elementsOf(x.shape));
		sums(plan, { x, rows: 1, y: parts, first, blocks: blocks[i], squares: true, version });
		first += blocks[i];
	});
	const norm = plan.tensor([1], 'norm of the gradients');
	const version = reduceVersion(plan, 1, first);
	sums(plan, { x: parts, rows: 1, y: norm, blocks: 1, root: true, version });
	return norm;
}
