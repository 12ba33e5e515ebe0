// Embedding: rows of a table by their numbers. It also takes rows out of any (…, width) tensor.
//
//   version 1, `gather`: one invocation a number
import {
	elementsOf,
	expectShape,
	ShapeError,
	type PlanBuilder,
	type Tensor
} from '#lib/engine/types.ts';
import { embeddingBackward } from './backward.ts';
import { embeddingCpu } from './cpu.ts';
import code from './embedding.wgsl';

export { backwardVersions, type BackwardVersion } from './backward.ts';

/** Workgroups in one dimension of a dispatch at most. */
const MOST_GROUPS = 65535;

/**
 * (batch, time, width): the rows of `weight` (…, width) that `ids`, u32 (batch, time), name. Ids past the end read the last
 * row: whoever has the numbers checks them before.
 * @throws ShapeError where ids are not (batch, time) of u32, or the table is no rows
 */
export function embedding(
	plan: PlanBuilder,
	{ ids, weight }: { ids: Tensor; weight: Tensor }
): Tensor {
	expectShape('embedding: ids', ids, [-1, -1]);
	if (ids.dtype !== 'u32')
		throw new ShapeError(`embedding: ids are ${ids.dtype}; they must be whole numbers, u32.`);
	if (weight.shape.length < 2)
		throw new ShapeError(
			`embedding: the table is ${weight.shape.join(' × ')}; expected rows of numbers.`
		);
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
		backward: (plan, flow) => embeddingBackward(plan, flow, { ids, weight, y })
	});
	return y;
}
