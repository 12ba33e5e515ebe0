// How gradients flow back through RMS norm: x's gradient and each row's scale a row at a time, then the weight's by columns.
import type { GradientFlow, PlanBuilder, Tensor } from '#lib/engine/types.ts';
import { blocksOf, columnSums, sumRows } from '../lib/column_sums.ts';
import { rowKernel, rowVersion, type RowVersion } from '../lib/rows.ts';
import code from './backward.wgsl';
import weightCode from './backward_weight.wgsl';
import { rmsNormBackwardCpu, rmsNormWeightCpu } from './cpu.ts';

/** A norm that was computed: tensors as in `rmsNorm`, and what it gave. */
export interface RmsNormed {
	readonly x: Tensor;
	readonly weight: Tensor;
	readonly epsilon: number;
	readonly version?: RowVersion;
	readonly y: Tensor;
}

/** Append the gradients of x and of the weight, where they are wanted. */
export function rmsNormBackward(plan: PlanBuilder, flow: GradientFlow, normed: RmsNormed): void {
	const { x, weight, epsilon, y } = normed;
	const g = flow.of(y);
	if (!g) return;
	const [batch, length, width] = x.shape;
	const rows = batch * length;
	const op = 'rms_norm_backward';

	const version = rowVersion(plan, op, rows, width, normed.version);
	const sofar = flow.wants(x) ? flow.sofar(x) : null;
	const dx = plan.tensor(x.shape, `gradient of ${x.label}`);
	const scale = plan.tensor([rows], 'scale of rows');
	plan.add({
		op,
		version,
		reads: [x, weight, g, ...(sofar ? [sofar] : [])],
		writes: [dx, scale],
		kernel: () => ({
			...rowKernel(plan, version, code, rows, [width]),
			bindings: [x, weight, g, sofar, dx, scale],
			uniform: [rows, width, sofar ? 1 : 0, { f32: epsilon }]
		}),
		cpu: (views) => {
			const given = {
				x: views.f32(x),
				weight: views.f32(weight),
				epsilon,
				g: views.f32(g),
				sofar: views.optional(sofar),
				dx: views.f32(dx),
				scale: views.f32(scale)
			};
			return () => rmsNormBackwardCpu(given);
		}
	});
	flow.give(x, dx, { added: true });

	if (!flow.wants(weight)) return;
	const { block, blocks } = blocksOf(plan, rows);
	const partial = plan.tensor([blocks, width], 'gradient of a norm, in parts');
	plan.add({
		op,
		version: 'columns',
		reads: [x, g, scale],
		writes: [partial],
		kernel: () => ({
			...columnSums(weightCode, { width, blocks }),
			bindings: [x, g, scale, partial],
			uniform: [rows, width, block]
		}),
		cpu: (views) => {
			const [from, back, scales] = [views.f32(x), views.f32(g), views.f32(scale)];
			const to = views.f32(partial);
			return () => rmsNormWeightCpu(from, back, scales, to);
		}
	});
	const label = `gradient of ${weight.label}`;
	const before = flow.sofar(weight);
	const whole = { x: partial, first: 0, rows: blocks, sofar: before, shape: weight.shape, label };
	flow.give(weight, sumRows(plan, whole), { added: true });
}
