// Cross-entropy: how far the logits are from the targets, in nats a token.
//
//   version 1, `lane`:     an invocation a row
//   version 2, `row`:      a workgroup a row
//   version 3, `subgroup`: a subgroup a row
import { expectShape, ShapeError, type PlanBuilder, type Tensor } from '#lib/engine/types.ts';
import type { RowVersion } from '../lib/rows.ts';
import { logitGradients, meanLoss, rowLosses, shareOfRow } from './steps.ts';

export { IGNORE } from './ignore.ts';

export interface CrossEntropyOptions {
	/** (batch, L, V) */
	readonly logits: Tensor;
	/** u32 (batch, L): a class below V, or `IGNORE`. */
	readonly targets: Tensor;
	readonly version?: RowVersion;
}

/** Throws a ShapeError unless `targets` are u32 (batch, L). */
export function expectTargets(op: string, targets: Tensor, shape: readonly number[]): void {
	expectShape(`${op}: targets`, targets, shape);
	if (targets.dtype !== 'u32')
		throw new ShapeError(`${op}: targets are ${targets.dtype}; expected u32.`);
}

/**
 * The mean of log Σ exp(logits) − logits[target] over the tokens that count, [1]; 0 where none does. A token counts unless its
 * target is `IGNORE` (or any other number that is no class).
 *
 * Throws a ShapeError for tensors that do not fit. As `torch.nn.functional.cross_entropy`.
 */
export function crossEntropy(plan: PlanBuilder, options: CrossEntropyOptions): Tensor {
	const { logits, targets, version } = options;
	expectShape('crossEntropy: logits', logits, [-1, -1, -1]);
	const [batch, length, classes] = logits.shape;
	expectTargets('crossEntropy', targets, [batch, length]);
	const rows = batch * length;
	const given = { logits, rows, classes, first: 0, targets, version };
	const share = shareOfRow(plan, targets, classes);
	const losses = plan.tensor([rows], 'losses of rows');
	const normaliser = rowLosses(plan, given, losses);
	const loss = meanLoss(plan, losses, share);
	plan.differentiable({
		op: 'cross_entropy',
		inputs: [logits],
		outputs: [loss],
		backward(plan, flow) {
			const g = flow.of(loss);
			if (!g) return;
			const sofar = flow.sofar(logits);
			const gradient = logitGradients(plan, given, { normaliser, share, g, sofar });
			flow.give(logits, gradient, { added: true });
		}
	});
	return loss;
}
