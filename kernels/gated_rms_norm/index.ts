// Gated RMS norm, as Mamba-2 has it before its output projection: each group of a row, times silu(z), divided by the root of its
// mean square.
//
//   version 1, `lane`:     an invocation a group of a row
//   version 2, `row`:      a workgroup a group of a row
//   version 3, `subgroup`: a subgroup a group of a row
//   version 4, `fused`:    on the way back, the gradients that all rows have in common in the same pass as x's
import { expectShape, ShapeError, type PlanBuilder, type Tensor } from '#lib/engine/types.ts';
import { gatedRmsNormBackward } from './backward.ts';
import { forwardVersion, type NormVersion } from '../lib/norm_rows.ts';
import { rowKernel, rowVersion } from '../lib/rows.ts';
import { gatedRmsNormCpu } from './cpu.ts';
import code from './gated_rms_norm.wgsl';

export interface GatedRmsNormOptions {
	/** (batch, L, width) */
	readonly x: Tensor;
	/** (batch, L, any): the gate, before SiLU. */
	readonly z: Tensor;
	/** Which columns of z are the gate; all of them unless told. */
	readonly zColumns?: readonly [from: number, to: number];
	/** (width) */
	readonly weight: Tensor;
	readonly epsilon: number;
	/** Equal parts of a row, each with a norm of its own; 1 unless told. */
	readonly groups?: number;
	readonly version?: NormVersion;
}

/**
 * u · weight / √(mean(u²) + ε) with u = x · silu(z), the mean over each group of width / groups numbers; (batch, L, width).
 *
 * Throws a ShapeError for tensors that do not fit. Source: `MambaRMSNormGated`, `Zamba2RMSNormGated` (transformers).
 */
export function gatedRmsNorm(plan: PlanBuilder, options: GatedRmsNormOptions): Tensor {
	const { x, z, weight, epsilon, groups = 1 } = options;
	expectShape('gatedRmsNorm: x', x, [-1, -1, -1]);
	const [batch, length, width] = x.shape;
	expectShape('gatedRmsNorm: z', z, [batch, length, -1]);
	expectShape('gatedRmsNorm: weight', weight, [width]);
	const zWidth = z.shape[2];
	const [from, to] = options.zColumns ?? [0, zWidth];
	if (from < 0 || to > zWidth || to - from !== width)
		throw new ShapeError(
			`gatedRmsNorm: columns ${from}…${to} of z, which has ${zWidth}; expected ${width} columns, as x has.`
		);
	if (!Number.isInteger(groups) || groups < 1 || width % groups !== 0)
		throw new ShapeError(`gatedRmsNorm: ${groups} groups do not divide ${width} columns.`);
	const rows = batch * length * groups;
	const size = width / groups;
	const version = rowVersion(plan, 'gated_rms_norm', rows, size, forwardVersion(options.version));
	const y = plan.tensor(x.shape, 'gated_rms_norm');
	plan.add({
		op: 'gated_rms_norm',
		version,
		reads: [x, z, weight],
		writes: [y],
		kernel: () => ({
			...rowKernel(plan, version, code, rows, [size, zWidth, from]),
			bindings: [x, z, weight, y],
			uniform: [rows, size, groups, zWidth, from, { f32: epsilon }]
		}),
		cpu: (views) =>
			gatedRmsNormCpu({
				x: views.f32(x),
				z: { data: views.f32(z), width: zWidth, from },
				weight: views.f32(weight),
				epsilon,
				groups,
				y: views.f32(y)
			})
	});
	plan.differentiable({
		op: 'gated_rms_norm',
		inputs: [x, z, weight],
		outputs: [y],
		backward: (plan, flow) =>
			gatedRmsNormBackward(plan, flow, { ...options, zColumns: [from, to], groups, y })
	});
	return y;
}
