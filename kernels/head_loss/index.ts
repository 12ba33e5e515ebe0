// The head fused with the loss: logits of some rows at a time, so that they are never whole in memory. 64 × 512 tokens of 4096
// classes are 537 MB of logits; the gradients of a model's head need them, and the rest of the model does not.
//
// The gradients of a chunk are computed while its logits are there (as Liger's fused linear cross-entropy does, Hsu et al. 2024),
// for a loss whose own gradient is 1, and multiplied on the way back by what that turns out to be. Where nobody asks for
// gradients, the plan leaves those steps out.
//
// Every step is a product (`kernels/matmul`) or one of cross-entropy's: their ladders are this operation's too.
import { expectShape, ShapeError, type PlanBuilder, type Tensor } from '#lib/engine/types.ts';
import { expectTargets } from '../cross_entropy/index.ts';
import { logitGradients, meanLoss, rowLosses, shareOfRow } from '../cross_entropy/steps.ts';
import { addProduct } from '../matmul/product.ts';
import { biasGradient, scaled } from './steps.ts';

export interface HeadLossOptions {
	/** (batch, L, D) */
	readonly hidden: Tensor;
	/** (V, D); may be the embedding's. */
	readonly weight: Tensor;
	/** (V) */
	readonly bias?: Tensor | undefined;
	/** u32 (batch, L): a class below V, or `IGNORE`. */
	readonly targets: Tensor;
	/** Rows of which the logits are in memory at a time; so many that they take 32 MB unless told. */
	readonly rowsPerChunk?: number;
}

/** Logits that are in memory at a time. */
const LOGITS = 2 ** 23;
/** Rows of a chunk are a multiple of these, which products like. */
const ROWS_OF = 128;

/** Rows of a chunk, of `rows` in all. */
function chunkRows(plan: PlanBuilder, rows: number, classes: number): number {
	const fitting = Math.floor(plan.limits.bindingBytes / 4 / classes);
	const wanted = Math.max(ROWS_OF, ROWS_OF * Math.floor(LOGITS / classes / ROWS_OF));
	return Math.max(1, Math.min(wanted, fitting, rows));
}

/** What one pass over the chunks gives, with the gradients that nobody may need. */
interface Gradients {
	hidden: Tensor;
	weight: Tensor;
	bias: Tensor | null;
}

/**
 * The mean cross-entropy of logits = hidden · weightᵀ + bias over the tokens that count, [1]; 0 where none does. A token counts
 * unless its target is `IGNORE` (or any other number that is no class).
 *
 * Throws a ShapeError for tensors that do not fit.
 */
export function headLoss(plan: PlanBuilder, options: HeadLossOptions): Tensor {
	const { hidden, weight, bias, targets } = options;
	expectShape('headLoss: hidden', hidden, [-1, -1, -1]);
	const [batch, length, width] = hidden.shape;
	expectShape('headLoss: weight', weight, [-1, width]);
	const [classes] = weight.shape;
	if (bias) expectShape('headLoss: bias', bias, [classes]);
	expectTargets('headLoss', targets, [batch, length]);
	const rows = batch * length;
	const chunk = options.rowsPerChunk ?? chunkRows(plan, rows, classes);
	if (!Number.isInteger(chunk) || chunk < 1)
		throw new ShapeError(`headLoss: ${chunk} rows a chunk; expected 1 or more.`);

	const share = shareOfRow(plan, targets, classes);
	const losses = plan.tensor([rows], 'losses of rows');
	const gradients: Gradients = {
		hidden: plan.tensor(hidden.shape, `gradient of ${hidden.label}`),
		weight,
		bias: null
	};
	for (let first = 0; first < rows; first += chunk) {
		const size = Math.min(chunk, rows - first);
		const logits = plan.tensor([size, classes], 'logits');
		addProduct(plan, {
			op: 'head_loss',
			a: { tensor: hidden, offset: first * width, stride: width },
			b: { tensor: weight, stride: width },
			y: { tensor: logits, stride: classes },
			rows: size,
			columns: classes,
			inner: width,
			bias
		});
		const given = { logits, rows: size, classes, first, targets };
		const normaliser = rowLosses(plan, given, losses);
		// Taped as if built again: steps that a plan leaves out where nothing needs them.
		plan.tape(
			() => {
				const dlogits = logitGradients(plan, given, { normaliser, share });
				addProduct(plan, {
					op: 'head_loss',
					a: { tensor: dlogits, stride: classes },
					b: { tensor: weight, stride: width, across: true },
					y: { tensor: gradients.hidden, offset: first * width, stride: width },
					rows: size,
					columns: width,
					inner: classes
				});
				const sum = plan.tensor(weight.shape, `gradient of ${weight.label}`);
				addProduct(plan, {
					op: 'head_loss',
					a: { tensor: dlogits, stride: classes, across: true },
					b: { tensor: hidden, offset: first * width, stride: width, across: true },
					y: { tensor: sum, stride: width },
					rows: classes,
					columns: width,
					inner: size,
					residual: first > 0 ? gradients.weight : undefined
				});
				gradients.weight = sum;
				if (bias) gradients.bias = biasGradient(plan, dlogits, bias, gradients.bias);
			},
			{ again: true }
		);
	}
	const loss = meanLoss(plan, losses, share);
	plan.differentiable({
		op: 'head_loss',
		inputs: bias ? [hidden, weight, bias] : [hidden, weight],
		outputs: [loss],
		backward(plan, flow) {
			const g = flow.of(loss);
			if (!g) return;
			const give = (input: Tensor, gradient: Tensor) => {
				if (!flow.wants(input)) return;
				const whole = scaled(plan, gradient, g, flow.sofar(input));
				flow.give(input, whole, { added: true });
			};
			give(hidden, gradients.hidden);
			give(weight, gradients.weight);
			if (bias && gradients.bias) give(bias, gradients.bias);
		}
	});
	return loss;
}
