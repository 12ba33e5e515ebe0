// One row for every token, and back: the sum over the tokens.
import type { PlanBuilder, Tensor } from '#lib/engine/types.ts';
import { sumRows } from './column_sums.ts';
import code from './spread_rows.wgsl';

const MOST_GROUPS = 65535;

/**
 * @param x (width)
 * @returns (batch, L, width)
 */
export function spreadRows(
	plan: PlanBuilder,
	{ x, batch, length, label }: { x: Tensor; batch: number; length: number; label: string }
): Tensor {
	const [width] = x.shape;
	const rows = batch * length;
	const spread = plan.tensor([batch, length, width], label);
	plan.add({
		op: 'spread_rows',
		version: 'spread',
		reads: [x],
		writes: [spread],
		kernel: () => ({
			code,
			bindings: [x, spread],
			uniform: [rows * width, width],
			workgroups: [Math.min(Math.ceil((rows * width) / 64), MOST_GROUPS)]
		}),
		cpu: (views) => {
			const [row, to] = [views.f32(x), views.f32(spread)];
			return () => {
				for (let at = 0; at < to.length; at += width) to.set(row, at);
			};
		}
	});
	plan.differentiable({
		op: 'spread_rows',
		inputs: [x],
		outputs: [spread],
		backward(plan, flow) {
			const above = flow.of(spread);
			if (!above) return;
			const sum = { x: above, first: 0, rows, shape: x.shape };
			flow.give(x, sumRows(plan, { ...sum, label: `gradient of ${x.label}` }));
		}
	});
	return spread;
}
