// Embedding: rows of a table by their numbers. It also takes rows out of any (…, width) tensor.
//
//   version 1, `gather`: one invocation a number
import { elementsOf, expectShape, type PlanBuilder, type Tensor } from '#lib/engine/types.ts';
import { embeddingCpu } from './cpu.ts';
import code from './embedding.wgsl';

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
	return y;
}
