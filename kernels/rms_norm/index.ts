// RMS norm (Zhang & Sennrich 2019): each row divided by the root of its mean square.
//
//   version 1, `row`: one workgroup a row
import { expectShape, type PlanBuilder, type Tensor } from '#lib/engine/types.ts';
import { rmsNormCpu } from './cpu.ts';
import code from './rms_norm.wgsl';

/**
 * x · weight / √(mean(x²) + ε) over the last dimension, shaped like x (batch, time, width). Throws a ShapeError for a weight
 * of another width.
 */
export function rmsNorm(
	plan: PlanBuilder,
	{ x, weight, epsilon }: { x: Tensor; weight: Tensor; epsilon: number }
): Tensor {
	expectShape('rmsNorm: x', x, [-1, -1, -1]);
	const [batch, time, width] = x.shape;
	expectShape('rmsNorm: weight', weight, [width]);
	const rows = batch * time;
	const y = plan.tensor(x.shape, 'rms_norm');
	const columns = Math.min(rows, 65535);
	plan.add({
		op: 'rms_norm',
		version: 'row',
		reads: [x, weight],
		writes: [y],
		kernel: () => ({
			code,
			bindings: [x, weight, y],
			uniform: [rows, width, { f32: epsilon }],
			workgroups: [columns, Math.ceil(rows / columns)]
		}),
		cpu: (views) => {
			const [from, scale, to] = [views.f32(x), views.f32(weight), views.f32(y)];
			return () => rmsNormCpu(from, scale, epsilon, to);
		}
	});
	return y;
}
