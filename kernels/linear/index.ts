// A linear layer, y = x Wᵀ: nearly all the arithmetic of a model.
//
//   version 1, `tile`:   an 8 × 4 tile of y in one invocation's registers, no barrier; many rows where the processor imitates a GPU
//   version 2, `row`:    16 lanes sum one output; few rows, with RMS norm in front if asked
//   version 3, `line`:   4 outputs of one row in one invocation, no barrier; few rows where the processor imitates a GPU
//   version 4, `shared`: 64 × 64 of y to a workgroup, its operands in workgroup memory; many rows on a GPU
//   version 5, `wide`:   128 × 128 of y to a workgroup; large products on a GPU
//
// `row` and `line` are here; the others are those of any product and lie in kernels/matmul. `tile`, `row`, `shared` and `wide`
// read quads of four numbers where all sizes are multiples of four, `line` needs that.
//
// The CPU engine has one way for many rows and one for few. backward.ts has the gradients.
import { expectShape, ShapeError, type PlanBuilder, type Tensor } from '#lib/engine/types.ts';
import {
	ACTIVATIONS,
	addProduct,
	MOST_GROUPS,
	shapeText,
	type Activation,
	type Product,
	type ProductVersion
} from '../matmul/product.ts';
import { isPlain, productCpu } from '../matmul/cpu.ts';
import { linearBackward } from './backward.ts';
import { normedCpu } from './cpu.ts';
import line from './line.wgsl';
import row from './row.wgsl';
import row4 from './row4.wgsl';

export interface LinearOptions {
	/** (batch, time, width) */
	readonly x: Tensor;
	/** Which columns of x are the input; all of them unless told. */
	readonly columns?: readonly [from: number, to: number];
	/** (out, in) */
	readonly weight: Tensor;
	/** (out) */
	readonly bias?: Tensor;
	/** (batch, time, out), added last. */
	readonly residual?: Tensor;
	/** GELU is the exact one, by erf. */
	readonly activation?: Activation;
	/** RMS norm of the input, in the same dispatch. For inference alone: it has no gradient. */
	readonly norm?: { readonly weight: Tensor; readonly epsilon: number };
	readonly version?: LinearVersion;
}

export type LinearVersion = ProductVersion | 'row' | 'line';

/** Rows up to which an imitated GPU takes them one by one. */
const FEW_ROWS = 4;
/** Numbers of y up to which, and rows up to which in any case, lanes along the inputs beat tiles on a GPU. */
const FEW_NUMBERS = 32768;
const FEWEST_ROWS = 2;
/** Workgroups that a GPU should have to do; with fewer of the wide ones than this, smaller tiles keep more of it busy. */
const BUSY = 256;
/** Invocations that share one output in `row`. */
const LANES = 16;

/** The version for a shape on the plan's adapter. `inQuads`: all widths, strides and offsets are multiples of four. */
export function chooseVersion(
	plan: Pick<PlanBuilder, 'backend' | 'adapter' | 'version'>,
	size: { rows: number; width: number; out: number; inQuads: boolean; norm: boolean }
): LinearVersion {
	const { backend, adapter } = plan;
	const { rows, width, out, inQuads, norm } = size;
	const oneByOne = norm || rows <= FEW_ROWS;
	if (backend === 'cpu') return oneByOne ? 'row' : 'tile';
	const guess = (): LinearVersion => {
		if (adapter.software) return oneByOne ? (inQuads ? 'line' : 'row') : 'tile';
		if (norm || rows <= FEWEST_ROWS || rows * out <= FEW_NUMBERS) return 'row';
		return Math.ceil(rows / 128) * Math.ceil(out / 128) >= BUSY ? 'wide' : 'shared';
	};
	const offered: LinearVersion[] = [];
	if (oneByOne || rows * out <= FEW_NUMBERS)
		offered.push('row', ...(inQuads ? ['line' as const] : []));
	if (!norm)
		offered.push(...(adapter.software ? ['tile' as const] : ['shared' as const, 'wide' as const]));
	return plan.version('linear', shapeText(rows, width, out), offered, guess());
}

/**
 * activation(x Wᵀ + bias) + residual, (batch, time, out); as `torch.nn.Linear`. Throws a ShapeError for tensors that do not fit.
 */
export function linear(plan: PlanBuilder, options: LinearOptions): Tensor {
	const { x, weight, bias, residual, norm, activation = 'none' } = options;
	expectShape('linear: x', x, [-1, -1, -1]);
	expectShape('linear: weight', weight, [-1, -1]);
	const [batch, time, stride] = x.shape;
	const [out, width] = weight.shape;
	const [from, to] = options.columns ?? [0, stride];
	if (from < 0 || to > stride || to - from !== width)
		throw new ShapeError(
			`linear: columns ${from}…${to} of x, which has ${stride}; the weight needs ${width} inputs.`
		);
	if (bias) expectShape('linear: bias', bias, [out]);
	if (residual) expectShape('linear: residual', residual, [batch, time, out]);
	if (norm) expectShape('linear: norm weight', norm.weight, [width]);
	const rows = batch * time;
	const inQuads = width % 4 === 0 && stride % 4 === 0 && from % 4 === 0;
	const version =
		options.version ?? chooseVersion(plan, { rows, width, out, inQuads, norm: norm !== undefined });
	if (norm && version !== 'row' && version !== 'line')
		throw new Error(`The version \`${version}\` of linear has no norm in front.`);
	if (version === 'line' && !inQuads)
		throw new ShapeError(
			`linear: \`line\` reads quads; ${width} inputs at ${from} of ${stride} are none.`
		);
	const y = plan.tensor([batch, time, out], 'linear');
	const product = {
		op: 'linear',
		a: { tensor: x, offset: from, stride },
		b: { tensor: weight, stride: width },
		y: { tensor: y, stride: out },
		rows,
		columns: out,
		inner: width,
		bias,
		residual,
		activation
	};
	if (version === 'row' || version === 'line') addRows(plan, product, version, inQuads, norm);
	else addProduct(plan, { ...product, version });
	plan.differentiable({
		op: 'linear',
		inputs: [x, weight, bias, residual, norm?.weight].filter((tensor) => tensor !== undefined),
		outputs: [y],
		backward(plan, flow) {
			if (norm)
				throw new Error(
					'linear: with a norm in front it is for inference alone; for a gradient, use rmsNorm and linear.'
				);
			linearBackward(plan, flow, {
				...{ x, columns: [from, to], weight, bias, residual, activation, y },
				version:
					options.version === 'row' || options.version === 'line' ? undefined : options.version,
				sums: (plan) =>
					linear(plan, { x, columns: [from, to], weight, bias, version: options.version })
			});
		}
	});
	return y;
}

/** Few rows: one after the other rather than tiles of them. */
function addRows(
	plan: PlanBuilder,
	product: Product,
	version: 'row' | 'line',
	inQuads: boolean,
	norm: LinearOptions['norm']
): void {
	const { op, a, b, y, rows, columns, inner, bias, residual, activation = 'none' } = product;
	const alongRows = [Math.min(rows, MOST_GROUPS), Math.ceil(rows / MOST_GROUPS)] as const;
	plan.add({
		op,
		version,
		reads: [a.tensor, b.tensor, bias, residual, norm?.weight].filter(
			(tensor) => tensor !== undefined
		),
		writes: [y.tensor],
		kernel: () => ({
			code: version === 'line' ? line : inQuads ? row4 : row,
			constants: {
				OTHERS: ACTIVATIONS[activation] > ACTIVATIONS.softplus,
				HAS_NORM: norm !== undefined,
				...(version === 'row' && { LANES })
			},
			bindings: [
				...[a.tensor, b.tensor, bias ?? null, residual ?? null],
				...[norm?.weight ?? null, y.tensor]
			],
			uniform: [
				...[rows, columns, inner],
				...[a.offset ?? 0, a.stride, 0],
				...[0, inner, 0],
				...[0, columns, 0],
				...[1, inner],
				(bias ? 1 : 0) | (residual ? 2 : 0) | (ACTIVATIONS[activation] << 2),
				{ f32: 1 },
				{ f32: norm?.epsilon ?? 0 }
			],
			workgroups:
				version === 'row'
					? [Math.ceil((columns * LANES) / 64), ...alongRows]
					: [Math.ceil(columns / 64), ...alongRows]
		}),
		cpu: (views) => {
			const given = {
				...{ rows, columns, inner, alpha: 1, activation },
				bias: views.optional(bias),
				residual: views.optional(residual)
			};
			if (!norm)
				return productCpu({
					...given,
					batch: 1,
					a: { ...a, numbers: views.f32(a.tensor) },
					b: { ...b, numbers: views.f32(b.tensor) },
					y: { ...y, numbers: views.f32(y.tensor) }
				});
			return normedCpu({
				weight: views.f32(norm.weight),
				epsilon: norm.epsilon,
				panel: {
					...given,
					...{ a: views.f32(a.tensor), aFrom: a.offset ?? 0, aStride: a.stride },
					...{ b: views.f32(b.tensor), bFrom: 0, bStride: inner },
					...{ y: views.f32(y.tensor), yFrom: 0, yStride: columns },
					...{ begun: false, ends: true, plain: isPlain(given) }
				}
			});
		}
	});
}
