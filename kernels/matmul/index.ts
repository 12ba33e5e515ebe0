// A product of matrices, of a batch of them, either one transposed where asked. The ladder serves `linear` as well:
//
//   version 1, `tile`:   an 8 × 4 tile of y in one invocation's registers, no barrier; what an imitated GPU gets
//   version 2, `shared`: 64 × 64 of y to a workgroup, its operands in workgroup memory, 8 × 8 to an invocation
//   version 3, `wide`:   128 × 128 of y to a workgroup, 8 × 16 to an invocation; large products
//   version 4, `tensor`: 128 × 128 of y on the matrix units of a GPU, in f16; never taken unless asked for
//
// Each reads quads of four numbers where all sizes are multiples of four, and numbers where they are not; each reads operands
// that lie along the sum or across it, so that a transposition costs nothing. On a GPU a product of few numbers with long sums,
// as a weight's gradient is, splits the sums over workgroups and adds the parts in a second step.
import { expectShape, ShapeError, type PlanBuilder, type Tensor } from '#lib/engine/types.ts';
import { addProduct, type Matrix, type ProductVersion } from './product.ts';

export interface MatmulOptions {
	/** (batch, m, k), or (batch, k, m) where transposed. */
	readonly a: Tensor;
	/** (batch, k, n), or (batch, n, k) where transposed. */
	readonly b: Tensor;
	readonly transposeA?: boolean;
	readonly transposeB?: boolean;
	/** What the product is multiplied by; 1 unless told. */
	readonly alpha?: number;
	readonly version?: ProductVersion;
}

/**
 * α op(a) op(b), (batch, m, n); op transposes where asked, as in BLAS' GEMM and `torch.bmm`. Its gradients are products of the
 * same kind: da = α dy op(b)ᵀ, db = α op(a)ᵀ dy, turned as a and b are. Throws a ShapeError for tensors that do not fit.
 */
export function matmul(plan: PlanBuilder, options: MatmulOptions): Tensor {
	const { a, b, transposeA = false, transposeB = false, alpha = 1, version } = options;
	expectShape('matmul: a', a, [-1, -1, -1]);
	expectShape('matmul: b', b, [-1, -1, -1]);
	const batch = a.shape[0];
	const [m, k] = transposeA ? [a.shape[2], a.shape[1]] : [a.shape[1], a.shape[2]];
	const [otherK, n] = transposeB ? [b.shape[2], b.shape[1]] : [b.shape[1], b.shape[2]];
	if (otherK !== k || b.shape[0] !== batch)
		throw new ShapeError(
			`matmul: b is ${b.shape.join(' × ')}; expected ${batch} × ${transposeB ? `any × ${k}` : `${k} × any`} for a of ${a.shape.join(' × ')}.`
		);
	const y = plan.tensor([batch, m, n], 'matmul');
	// A matrix of the batch as an operand whose sums are `inner` long and which has `extent` rows (or columns).
	const operand = (tensor: Tensor, inner: number, extent: number, along: boolean): Matrix => ({
		tensor,
		batch: inner * extent,
		stride: along ? inner : extent,
		across: !along
	});
	const sizes = { batch, alpha, version };
	addProduct(plan, {
		...{ op: 'matmul', ...sizes, rows: m, columns: n, inner: k },
		a: operand(a, k, m, !transposeA),
		b: operand(b, k, n, transposeB),
		y: { tensor: y, stride: n, batch: m * n }
	});
	plan.differentiable({
		op: 'matmul',
		inputs: [a, b],
		outputs: [y],
		backward(plan, flow) {
			const dy = flow.of(y);
			if (!dy) return;
			if (flow.wants(a)) {
				const sofar = flow.sofar(a) ?? undefined;
				const da = plan.tensor(a.shape, 'gradient of a');
				const left = operand(dy, n, m, true);
				const right = operand(b, n, k, !transposeB);
				addProduct(plan, {
					...{ op: 'matmul_backward', ...sizes, residual: sofar, inner: n },
					...(transposeA
						? { a: right, b: left, rows: k, columns: m }
						: { a: left, b: right, rows: m, columns: k }),
					y: { tensor: da, stride: transposeA ? m : k, batch: m * k }
				});
				flow.give(a, da, { added: sofar !== undefined });
			}
			if (flow.wants(b)) {
				const sofar = flow.sofar(b) ?? undefined;
				const db = plan.tensor(b.shape, 'gradient of b');
				const left = operand(a, m, k, transposeA);
				const right = operand(dy, m, n, false);
				addProduct(plan, {
					...{ op: 'matmul_backward', ...sizes, residual: sofar, inner: m },
					...(transposeB
						? { a: right, b: left, rows: n, columns: k }
						: { a: left, b: right, rows: k, columns: n }),
					y: { tensor: db, stride: transposeB ? k : n, batch: k * n }
				});
				flow.give(b, db, { added: sofar !== undefined });
			}
		}
	});
	return y;
}
