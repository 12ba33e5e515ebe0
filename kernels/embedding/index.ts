// Embedding: rows of a table by their numbers. It also takes rows out of any (…, width) tensor.
//
//   version 1, `gather`: one invocation a number
import {
	elementsOf,
	expectShape,
	type GradientFlow,
	type PlanBuilder,
	type Tensor
} from '#lib/engine/types.ts';
import { embeddingBackwardCpu, embeddingCpu } from './cpu.ts';
import backwardCode from './backward.wgsl';
import code from './embedding.wgsl';
import startCode from './start.wgsl';

/** Workgroups in one dimension of a dispatch at most. */
const MOST_GROUPS = 65535;

/**
 * (batch, time, width): the rows of `weight` (…, width) that `ids`, u32 (batch, time), name. Ids past the end read the last
 * row: whoever has the numbers checks them before.
 */
export function embedding(
	plan: PlanBuilder,
	{ ids, weight }: { ids: Tensor; weight: Tensor }
): Tensor {
	expectShape('embedding: ids', ids, [-1, -1]);
	const width = weight.shape[weight.shape.length - 1];
	const vocabulary = elementsOf(weight.shape) / width;
	const count = elementsOf(ids.shape);
	const y = plan.tensor([...ids.shape, width], 'embedding');
	plan.add({
		op: 'embedding',
		version: 'gather',
		reads: [ids, weight],
		writes: [y],
		kernel: () => ({
			code,
			bindings: [ids, weight, y],
			uniform: [count, vocabulary, width],
			workgroups: [
				Math.ceil(width / 64),
				Math.min(count, MOST_GROUPS),
				Math.ceil(count / MOST_GROUPS)
			]
		}),
		cpu: (views) => {
			const [rows, table, to] = [views.u32(ids), views.f32(weight), views.f32(y)];
			return () => embeddingCpu(rows, table, width, to);
		}
	});
	plan.differentiable({
		op: 'embedding',
		inputs: [weight],
		outputs: [y],
		backward: (plan, flow) => embeddingBackward(plan, flow, ids, weight, y)
	});
	return y;
}

/** Rows of the output's gradient, added up where their numbers are the same. */
function embeddingBackward(
	plan: PlanBuilder,
	flow: GradientFlow,
	ids: Tensor,
	weight: Tensor,
	y: Tensor
): void {
	const dy = flow.of(y);
	if (!dy || !flow.wants(weight)) return;
	const sofar = flow.sofar(weight);
	const width = weight.shape[weight.shape.length - 1];
	const length = elementsOf(weight.shape);
	const count = elementsOf(ids.shape);
	const gradient = plan.tensor(weight.shape, `gradient of ${weight.label}`);
	plan.add({
		op: 'embedding',
		version: 'start',
		reads: sofar ? [sofar] : [],
		writes: [gradient],
		kernel: () => ({
			code: startCode,
			bindings: [sofar, gradient],
			uniform: [length, sofar ? 1 : 0],
			workgroups: [Math.min(Math.ceil(length / 256), MOST_GROUPS)]
		}),
		cpu: (views) => {
			const [from, to] = [views.optional(sofar), views.f32(gradient)];
			return () => {
				if (from) to.set(from);
				else to.fill(0);
			};
		}
	});
	plan.add({
		op: 'embedding',
		version: 'scatter',
		reads: [ids, dy, gradient],
		writes: [gradient],
		kernel: () => ({
			code: backwardCode,
			bindings: [ids, dy, gradient],
			uniform: [count, length / width, width],
			workgroups: [
				Math.ceil(width / 64),
				Math.min(count, MOST_GROUPS),
				Math.ceil(count / MOST_GROUPS)
			]
		}),
		cpu: (views) => {
			const [rows, given, to] = [views.u32(ids), views.f32(dy), views.f32(gradient)];
			return () => embeddingBackwardCpu(rows, given, width, to);
		}
	});
	flow.give(weight, gradient, { added: sofar !== null });
}
