// Some columns of a text with their tokens in another order: what is made from one token is given to another. For experiments
// on models that have learnt, so it has no way back.
//
//   version 1, `gather`: one invocation a number
import { expectShape, ShapeError, type PlanBuilder, type Tensor } from '#lib/engine/types.ts';
import { reorderCpu } from './cpu.ts';
import code from './reorder.wgsl';

/** Workgroups in one dimension of a dispatch at most. */
const MOST_GROUPS = 65535;

export interface ReorderOptions {
	/** (batch, L, width) */
	readonly x: Tensor;
	/** u32 (L): the token whose columns each token gets. Past the end it is the last: whoever has the numbers checks them before. */
	readonly order: Tensor;
	/** The columns that move. */
	readonly columns: readonly [from: number, to: number];
}

/**
 * (batch, L, width): x with its columns `from` to `to` in another order of tokens.
 * @throws ShapeError where order is not (L) of u32, or the columns are not x's
 */
export function reorder(plan: PlanBuilder, { x, order, columns }: ReorderOptions): Tensor {
	expectShape('reorder: x', x, [-1, -1, -1]);
	const [batch, length, width] = x.shape;
	expectShape('reorder: order', order, [length]);
	if (order.dtype !== 'u32')
		throw new ShapeError(`reorder: order is ${order.dtype}; it must be whole numbers, u32.`);
	const [from, to] = columns;
	if (from < 0 || to <= from || to > width)
		throw new ShapeError(`reorder: columns ${from} to ${to} are not among ${width}.`);
	const rows = batch * length;
	const y = plan.tensor(x.shape, 'reordered');
	plan.add({
		op: 'reorder',
		version: 'gather',
		reads: [x, order],
		writes: [y],
		kernel: () => ({
			code,
			bindings: [x, order, y],
			uniform: [rows, length, width, from, to],
			workgroups: [
				Math.ceil(width / 64),
				Math.min(rows, MOST_GROUPS),
				Math.ceil(rows / MOST_GROUPS)
			]
		}),
		cpu: (views) => {
			const [source, rowsOf, target] = [views.f32(x), views.u32(order), views.f32(y)];
			return () => reorderCpu(source, rowsOf, width, columns, target);
		}
	});
	return y;
}
