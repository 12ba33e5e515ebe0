// Layer norm (Ba, Kiros & Hinton 2016): each row less its mean, divided by its standard deviation.
//
//   version 1, `lane`:     an invocation a row
//   version 2, `row`:      a workgroup a row
//   version 3, `subgroup`: a subgroup a row
//   version 4, `fused`:    on the way back, the gradients that all rows have in common in the same pass as x's
import { expectShape, type PlanBuilder, type Tensor } from '#lib/engine/types.ts';
import { layerNormBackward } from './backward.ts';
import { forwardVersion, type NormVersion } from '../lib/norm_rows.ts';
import { rowKernel, rowVersion } from '../lib/rows.ts';
import { layerNormCpu } from './cpu.ts';
import code from './layer_norm.wgsl';

export interface LayerNormOptions {
	/** (batch, L, width) */
	readonly x: Tensor;
	/** (width) */
	readonly weight: Tensor;
	/** (width) */
	readonly bias?: Tensor | undefined;
	readonly epsilon: number;
	readonly version?: NormVersion;
}

/**
 * (x − mean) · weight / √(variance + ε) + bias over the last dimension, (batch, L, width); as `torch.nn.LayerNorm`. Throws a
 * ShapeError for a weight or a bias of another width.
 */
export function layerNorm(plan: PlanBuilder, options: LayerNormOptions): Tensor {
	const { x, weight, bias, epsilon } = options;
	expectShape('layerNorm: x', x, [-1, -1, -1]);
	const [batch, length, width] = x.shape;
	expectShape('layerNorm: weight', weight, [width]);
	if (bias) expectShape('layerNorm: bias', bias, [width]);
	const rows = batch * length;
	const version = rowVersion(plan, 'layer_norm', rows, width, forwardVersion(options.version));
	const y = plan.tensor(x.shape, 'layer_norm');
	plan.add({
		op: 'layer_norm',
		version,
		reads: [x, weight, ...(bias ? [bias] : [])],
		writes: [y],
		kernel: () => ({
			...rowKernel(plan, version, code, rows, [width]),
			bindings: [x, weight, bias ?? null, y],
			uniform: [rows, width, bias ? 1 : 0, { f32: epsilon }]
		}),
		cpu: (views) => {
			const [from, scale, to] = [views.f32(x), views.f32(weight), views.f32(y)];
			const shift = views.optional(bias);
			return () => layerNormCpu(from, scale, shift, epsilon, to);
		}
	});
	plan.differentiable({
		op: 'layer_norm',
		inputs: bias ? [x, weight, bias] : [x, weight],
		outputs: [y],
		backward: (plan, flow) => layerNormBackward(plan, flow, { ...options, y })
	});
	return y;
}
