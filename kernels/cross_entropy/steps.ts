// The steps of cross-entropy, which the loss fused with the head takes chunk by chunk: what a row is of the mean, the losses of
// some rows, the gradient of their logits, the mean.
import type { PlanBuilder, Tensor } from '#lib/engine/types.ts';
import { rowKernel, rowVersion, type RowVersion } from '../lib/rows.ts';
import backwardCode from './backward.wgsl';
import { logitGradientsCpu, rowLossesCpu, shareCpu } from './cpu.ts';
import meanCode from './mean.wgsl';
import rowsCode from './rows.wgsl';
import shareCode from './share.wgsl';

const OP = 'cross_entropy';

/** Invocations that sum over all rows: few where the processor imitates a GPU, which pays dearly for a barrier. */
const lanes = ({ adapter }: PlanBuilder) => ({ LANES: adapter.software ? 4 : 256 });

/** 1 / how many targets are classes, [1]; 0 where none is. */
export function shareOfRow(plan: PlanBuilder, targets: Tensor, classes: number): Tensor {
	const share = plan.tensor([1], 'share of a row');
	const rows = targets.shape.reduce((n, size) => n * size, 1);
	plan.add({
		op: OP,
		version: 'share',
		reads: [targets],
		writes: [share],
		kernel: () => ({
			code: shareCode,
			constants: lanes(plan),
			bindings: [targets, share],
			uniform: [rows, classes],
			workgroups: [1]
		}),
		cpu: (views) => {
			const [from, to] = [views.u32(targets), views.f32(share)];
			return () => {
				to[0] = shareCpu(from, classes);
			};
		}
	});
	return share;
}

/** Logits of some rows, whose targets and losses begin at row `first`. */
export interface LogitRows {
	/** (…, classes) */
	readonly logits: Tensor;
	readonly rows: number;
	readonly classes: number;
	readonly first: number;
	readonly targets: Tensor;
	readonly version?: RowVersion | undefined;
}

/** Write these rows' part of `losses`, and give log Σ exp of each row's logits. */
export function rowLosses(plan: PlanBuilder, given: LogitRows, losses: Tensor): Tensor {
	const { logits, rows, classes, first, targets } = given;
	const version = rowVersion(plan, OP, rows, classes, given.version);
	const normaliser = plan.tensor([rows], 'normaliser of rows');
	plan.add({
		op: OP,
		version,
		reads: [logits, targets],
		writes: [losses, normaliser],
		kernel: () => ({
			...rowKernel(plan, version, rowsCode, rows, [classes]),
			bindings: [logits, targets, losses, normaliser],
			uniform: [rows, classes, first]
		}),
		cpu: (views) => {
			const from = {
				logits: views.f32(logits),
				classes,
				first,
				targets: views.u32(targets),
				normaliser: views.f32(normaliser)
			};
			const to = views.f32(losses);
			return () => rowLossesCpu(from, to);
		}
	});
	return normaliser;
}

/** share · Σ losses, [1]. */
export function meanLoss(plan: PlanBuilder, losses: Tensor, share: Tensor): Tensor {
	const loss = plan.tensor([1], 'loss');
	const rows = losses.shape[0];
	plan.add({
		op: OP,
		version: 'mean',
		reads: [losses, share],
		writes: [loss],
		kernel: () => ({
			code: meanCode,
			constants: lanes(plan),
			bindings: [losses, share, loss],
			uniform: [rows],
			workgroups: [1]
		}),
		cpu: (views) => {
			const [from, of, to] = [views.f32(losses), views.f32(share), views.f32(loss)];
			return () => {
				let sum = 0;
				for (let row = 0; row < rows; row++) sum += from[row];
				to[0] = sum * of[0];
			};
		}
	});
	return loss;
}

/** The gradient of the logits: of the mean loss itself, or of what lies behind it, whose gradient by the loss is `g`. */
export function logitGradients(
	plan: PlanBuilder,
	given: LogitRows,
	{
		normaliser,
		share,
		g = null,
		sofar = null
	}: { normaliser: Tensor; share: Tensor; g?: Tensor | null; sofar?: Tensor | null }
): Tensor {
	const { logits, rows, classes, first, targets } = given;
	const version = rowVersion(plan, `${OP}_backward`, rows, classes, given.version);
	const dlogits = plan.tensor(logits.shape, `gradient of ${logits.label}`);
	plan.add({
		op: `${OP}_backward`,
		version,
		reads: [logits, targets, normaliser, share, ...(g ? [g] : []), ...(sofar ? [sofar] : [])],
		writes: [dlogits],
		kernel: () => ({
			...rowKernel(plan, version, backwardCode, rows, [classes]),
			bindings: [logits, targets, normaliser, share, g, sofar, dlogits],
			uniform: [rows, classes, first, g ? 1 : 0, sofar ? 1 : 0]
		}),
		cpu: (views) => {
			const from = {
				logits: views.f32(logits),
				classes,
				first,
				targets: views.u32(targets),
				normaliser: views.f32(normaliser)
			};
			const [of, by, before] = [views.f32(share), views.optional(g), views.optional(sofar)];
			const to = views.f32(dlogits);
			return () => logitGradientsCpu(from, by ? of[0] * by[0] : of[0], before, to);
		}
	});
	return dlogits;
}
