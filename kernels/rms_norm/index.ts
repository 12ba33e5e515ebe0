// RMS norm (Zhang & Sennrich 2019): each row divided by the root of its mean square.
//
//   version 1, `lane`:     an invocation a row
//   version 2, `row`:      a workgroup a row
//   version 3, `subgroup`: a subgroup a row
//   version 4, `fused`:    on the way back, the weight's gradient in the same pass as x's
import { expectShape, type PlanBuilder, type Tensor } from '#lib/engine/types.ts';
import { rmsNormBackward } from './backward.ts';
import { forwardVersion, type NormVersion } from '../lib/norm_rows.ts';
import { rowKernel, rowVersion } from '../lib/rows.ts';
import { rmsNormCpu } from './cpu.ts';
import code from './rms_norm.wgsl';

export interface RmsNormOptions {
	/** (batch, L, width) */
	readonly x: Tensor;
	/** (width) */
	readonly weight: Tensor;
	readonly epsilon: number;
	readonly version?: NormVersion;
}

/**
 * x · weight / √(mean(x²) + ε) over the last dimension, shaped like x (batch, L, width). Throws a ShapeError for a weight of
 * another width.
 */
export function rmsNorm(plan: PlanBuilder, options: RmsNormOptions): Tensor {
	const { x, weight, epsilon } = options;
	expectShape('rmsNorm: x', x, [-1, -1, -1]);
	const [batch, length, width] = x.shape;
	expectShape('rmsNorm: weight', weight, [width]);
	const rows = batch * length;
	const version = rowVersion(plan, 'rms_norm', rows, width, forwardVersion(options.version));
	const y = plan.tensor(x.shape, 'rms_norm');
	plan.add({
		op: 'rms_norm',
		version,
		reads: [x, weight],
		writes: [y],
		kernel: () => ({
			...rowKernel(plan, version, code, rows, [width]),
			bindings: [x, weight, y],
			uniform: [rows, width, { f32: epsilon }]
		}),
		cpu: (views) => {
			const [from, scale, to] = [views.f32(x), views.f32(weight), views.f32(y)];
			return () => rmsNormCpu(from, scale, epsilon, to);
		}
	});
	plan.differentiable({
		op: 'rms_norm',
		inputs: [x, weight],
		outputs: [y],
		backward: (plan, flow) => rmsNormBackward(plan, flow, { ...options, y })
	});
	return y;
}
