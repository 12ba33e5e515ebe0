// A linear layer, y = x Wᵀ: nearly all the arithmetic of a model.
//
//   version 1, `tile`:   an 8 × 4 tile of y in one invocation's registers, no barrier; many rows where the processor imitates a GPU
//   version 2, `row`:    16 lanes sum one output; few rows, with RMS norm in front if asked
//   version 3, `line`:   4 outputs of one row in one invocation, no barrier; few rows where the processor imitates a GPU
//   version 4, `shared`: 64 × 64 of y to a workgroup, its operands in workgroup memory; many rows on a GPU
//   version 5, `wide`:   128 × 128 of y to a workgroup; large products on a GPU
//
// `tile` and `row` read quads of four numbers where all sizes are multiples of four, `line` needs that.
//
// The CPU engine has one way for many rows and one for few.
import {
	elementsOf,
	expectShape,
	ShapeError,
	type PlanBuilder,
	type Tensor
} from '#lib/engine/types.ts';
import { linearCpu } from './cpu.ts';
import line from './line.wgsl';
import row from './row.wgsl';
import row4 from './row4.wgsl';
import shared from './shared.wgsl';
import tile from './tile.wgsl';
import tile4 from './tile4.wgsl';
import wide from './wide.wgsl';

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
	readonly activation?: 'none' | 'softplus';
	/** RMS norm of the input, in the same dispatch. */
	readonly norm?: { readonly weight: Tensor; readonly epsilon: number };
	readonly version?: LinearVersion;
}

export type LinearVersion = 'tile' | 'row' | 'line' | 'shared' | 'wide';

/** Rows up to which an imitated GPU takes them one by one. */
const FEW_ROWS = 4;
/** Numbers of y up to which, and rows up to which in any case, lanes along the inputs beat tiles on a GPU. */
const FEW_NUMBERS = 32768;
const FEWEST_ROWS = 2;
/** Workgroups that a GPU should have to do; with fewer of the wide ones than this, smaller tiles keep more of it busy. */
const BUSY = 256;
/** Workgroups in one dimension of a dispatch at most. */
const MOST_GROUPS = 65535;
/** Bits of `extras` in epilogue.wgsl. */
const EXTRAS = { bias: 1, softplus: 2, residual: 4 };
/** Invocations that share one output in `row`. */
const LANES = 16;

/** The version for a shape on the plan's adapter. `inQuads`: all widths, strides and offsets are multiples of four. */
export function chooseVersion(
	{ backend, adapter }: Pick<PlanBuilder, 'backend' | 'adapter'>,
	{ rows, out, inQuads, norm }: { rows: number; out: number; inQuads: boolean; norm: boolean }
): LinearVersion {
	const oneByOne = norm || rows <= FEW_ROWS;
	if (backend === 'cpu') return oneByOne ? 'row' : 'tile';
	if (adapter.software) return oneByOne ? (inQuads ? 'line' : 'row') : 'tile';
	if (norm || rows <= FEWEST_ROWS || rows * out <= FEW_NUMBERS) return 'row';
	return Math.ceil(rows / 128) * Math.ceil(out / 128) >= BUSY ? 'wide' : 'shared';
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
		options.version ?? chooseVersion(plan, { rows, out, inQuads, norm: norm !== undefined });
	if (norm && version !== 'row' && version !== 'line')
		throw new Error(`The version \`${version}\` of linear has no norm in front.`);
	if (version === 'line' && !inQuads)
		throw new ShapeError(
			`linear: \`line\` reads quads; ${width} inputs at ${from} of ${stride} are none.`
		);
	const alongRows = [Math.min(rows, MOST_GROUPS), Math.ceil(rows / MOST_GROUPS)] as const;
	const y = plan.tensor([batch, time, out], 'linear');
	plan.add({
		op: 'linear',
		version,
		reads: [x, weight, bias, residual, norm?.weight].filter((tensor) => tensor !== undefined),
		writes: [y],
		kernel: () => ({
			code: { tile: inQuads ? tile4 : tile, row: inQuads ? row4 : row, line, shared, wide }[
				version
			],
			constants: {
				...((version === 'row' || version === 'line') && { HAS_NORM: norm !== undefined }),
				...(version === 'row' && { LANES })
			},
			bindings: [x, weight, bias ?? null, residual ?? null, norm?.weight ?? null, y],
			uniform: [
				rows,
				width,
				out,
				stride,
				from,
				(bias ? EXTRAS.bias : 0) |
					(activation === 'softplus' ? EXTRAS.softplus : 0) |
					(residual ? EXTRAS.residual : 0),
				{ f32: norm?.epsilon ?? 0 }
			],
			workgroups: {
				tile: [Math.ceil(out / 256), Math.ceil(rows / 8)] as const,
				row: [Math.ceil((out * LANES) / 64), ...alongRows] as const,
				line: [Math.ceil(out / 64), ...alongRows] as const,
				shared: [Math.ceil(out / 64), Math.ceil(rows / 64)] as const,
				wide: [Math.ceil(out / 128), Math.ceil(rows / 128)] as const
			}[version]
		}),
		cpu: (views) =>
			linearCpu({
				x: views.f32(x),
				stride,
				offset: from,
				norm: norm ? { weight: views.f32(norm.weight), epsilon: norm.epsilon } : null,
				weight: views.f32(weight),
				bias: views.optional(bias),
				residual: views.optional(residual),
				softplus: activation === 'softplus',
				y: views.f32(y),
				rows: elementsOf([batch, time]),
				in: width,
				out
			})
	});
	return y;
}
