// Softmax: a row of numbers as a row of parts of 1.
//
//   version 1, `lane`:     an invocation a row
//   version 2, `row`:      a workgroup a row
//   version 3, `subgroup`: a subgroup a row
import {
	elementsOf,
	ShapeError,
	type GradientFlow,
	type PlanBuilder,
	type Tensor
} from '#lib/engine/types.ts';
import { rowKernel, rowVersion, type RowVersion } from '../lib/rows.ts';
import backwardCode from './backward.wgsl';
import { softmaxBackwardCpu, softmaxCpu } from './cpu.ts';
import code from './softmax.wgsl';

export interface SoftmaxOptions {
	/** (…, width) */
	readonly x: Tensor;
	readonly version?: RowVersion;
}

/**
 * exp(x) / Σ exp(x) over the last dimension, shaped like x; the largest number is taken off first, so that nothing overflows.
 * As `torch.softmax(x, -1)`. Throws a ShapeError for a tensor without dimensions.
 */
export function softmax(plan: PlanBuilder, { x, version: given }: SoftmaxOptions): Tensor {
	if (x.shape.length === 0) throw new ShapeError('softmax: x has no dimensions; expected one.');
	const width = x.shape[x.shape.length - 1];
	const rows = elementsOf(x.shape) / width;
	const version = rowVersion(plan, 'softmax', rows, width, given);
	const y = plan.tensor(x.shape, 'softmax');
	plan.add({
		op: 'softmax',
		version,
		reads: [x],
		writes: [y],
		kernel: () => ({
			...rowKernel(plan, version, code, rows, [width]),
			bindings: [x, y],
			uniform: [rows, width]
		}),
		cpu: (views) => {
			const [from, to] = [views.f32(x), views.f32(y)];
			return () => softmaxCpu(from, width, to);
		}
	});
	plan.differentiable({
		op: 'softmax',
		inputs: [x],
		outputs: [y],
		backward: (plan, flow) => backward(plan, flow, { x, y, rows, width, version: given })
	});
	return y;
}

function backward(
	plan: PlanBuilder,
	flow: GradientFlow,
	{
		x,
		y,
		rows,
		width,
		version: given
	}: { x: Tensor; y: Tensor; rows: number; width: number; version?: RowVersion | undefined }
): void {
	const g = flow.of(y);
	if (!g) return;
	const version = rowVersion(plan, 'softmax_backward', rows, width, given);
	const sofar = flow.sofar(x);
	const dx = plan.tensor(x.shape, `gradient of ${x.label}`);
	plan.add({
		op: 'softmax_backward',
		version,
		reads: [y, g, ...(sofar ? [sofar] : [])],
		writes: [dx],
		kernel: () => ({
			...rowKernel(plan, version, backwardCode, rows, [width]),
			bindings: [y, g, sofar, dx],
			uniform: [rows, width, sofar ? 1 : 0]
		}),
		cpu: (views) => {
			const [from, back, before] = [views.f32(y), views.f32(g), views.optional(sofar)];
			const to = views.f32(dx);
			return () => softmaxBackwardCpu(from, back, before, width, to);
		}
	});
	flow.give(x, dx, { added: true });
}
