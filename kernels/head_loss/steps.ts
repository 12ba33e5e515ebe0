// The steps of the head's loss that are neither products nor cross-entropy.
import { elementsOf, type PlanBuilder, type Tensor } from '#lib/engine/types.ts';
import { blocksOf, columnSums, sumRows } from '../lib/column_sums.ts';
import biasCode from './backward_bias.wgsl';
import scaleCode from './scale.wgsl';

/** Workgroups in one dimension of a dispatch at most. */
const MOST_GROUPS = 65535;

/** Σ over rows of the logits' gradient (rows, classes), plus what earlier chunks gave; (classes). */
export function biasGradient(
	plan: PlanBuilder,
	dlogits: Tensor,
	bias: Tensor,
	earlier: Tensor | null
): Tensor {
	const [rows, width] = dlogits.shape;
	const { block, blocks } = blocksOf(plan, rows);
	const partial = plan.tensor([blocks, width], 'gradient of a bias, in parts');
	plan.add({
		op: 'head_loss',
		version: 'columns',
		reads: [dlogits],
		writes: [partial],
		kernel: () => ({
			...columnSums(biasCode, { width, blocks }),
			bindings: [dlogits, partial],
			uniform: [rows, width, block]
		}),
		cpu: (views) => {
			const [from, to] = [views.f32(dlogits), views.f32(partial)];
			const sums = new Float64Array(width);
			return () => {
				sums.fill(0);
				for (let at = 0; at < from.length; at += width)
					for (let k = 0; k < width; k++) sums[k] += from[at + k];
				to.set(sums);
			};
		}
	});
	return sumRows(plan, {
		x: partial,
		first: 0,
		rows: blocks,
		sofar: earlier,
		shape: bias.shape,
		label: `gradient of ${bias.label}`
	});
}

/** g · x (+ sofar), where g is one number. */
export function scaled(plan: PlanBuilder, x: Tensor, g: Tensor, sofar: Tensor | null): Tensor {
	const y = plan.tensor(x.shape, x.label);
	const length = elementsOf(x.shape);
	plan.add({
		op: 'head_loss',
		version: 'scale',
		reads: sofar ? [x, g, sofar] : [x, g],
		writes: [y],
		kernel: () => ({
			code: scaleCode,
			bindings: [x, g, sofar, y],
			uniform: [length, sofar ? 1 : 0],
			workgroups: [Math.min(Math.ceil(length / 256), MOST_GROUPS)]
		}),
		cpu: (views) => {
			const [from, by, before] = [views.f32(x), views.f32(g), views.optional(sofar)];
			const to = views.f32(y);
			return () => {
				const factor = by[0];
				if (before) for (let i = 0; i < length; i++) to[i] = factor * from[i] + before[i];
				else for (let i = 0; i < length; i++) to[i] = factor * from[i];
			};
		}
	});
	return y;
}
