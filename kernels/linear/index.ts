// A linear layer, y = x Wᵀ: nearly all the arithmetic of a model.
//
//   version 1, `tile`: an 8 × 4 tile of y in one invocation's registers, no barrier; many rows
//   version 2, `row`:  16 lanes sum one output; few rows, with RMS norm in front if asked
//   version 3, `line`: 4 outputs of one row in one invocation, no barrier; few rows where the processor imitates a GPU
//
// `tile` reads quads of four numbers where all sizes are multiples of four, `line` needs that.
//
// The CPU engine has one version, 4 × 4 sums in local variables.
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
import tile from './tile.wgsl';
import tile4 from './tile4.wgsl';

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

export type LinearVersion = 'tile' | 'row' | 'line';

/** Rows up to which lanes along the inputs beat a tile. */
const FEW_ROWS = 4;
/** Invocations that share one output in `row`. */
const LANES = 16;

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
	const few = plan.adapter.software && inQuads ? 'line' : 'row';
	const version = options.version ?? (rows <= FEW_ROWS || norm ? few : 'tile');
	if (norm && version === 'tile')
		throw new Error('The version `tile` of linear has no norm in front.');
	if (version === 'line' && !inQuads)
		throw new ShapeError(
			`linear: \`line\` reads quads; ${width} inputs at ${from} of ${stride} are none.`
		);
	const y = plan.tensor([batch, time, out], 'linear');
	plan.add({
		op: 'linear',
		version,
		reads: [x, weight, bias, residual, norm?.weight].filter((tensor) => tensor !== undefined),
		writes: [y],
		kernel: () => ({
			code: { tile: inQuads ? tile4 : tile, row, line }[version],
			constants: {
				HAS_BIAS: bias !== undefined,
				HAS_RESIDUAL: residual !== undefined,
				...(version !== 'tile' && { HAS_NORM: norm !== undefined }),
				...(version === 'row' && { LANES })
			},
			bindings: [x, weight, bias ?? null, residual ?? null, norm?.weight ?? null, y],
			uniform: [
				rows,
				width,
				out,
				stride,
				from,
				activation === 'softplus' ? 1 : 0,
				{ f32: norm?.epsilon ?? 0 }
			],
			workgroups: {
				tile: [Math.ceil(out / 256), Math.ceil(rows / 8)] as const,
				row: [Math.ceil((out * LANES) / 64), rows] as const,
				line: [Math.ceil(out / 64), rows] as const
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
