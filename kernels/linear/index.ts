// A linear layer, y = x Wᵀ: nearly all the arithmetic of a model.
//
//   version 1, `tile`: an 8 × 4 tile of y in one invocation's registers, no barrier; many rows, and software adapters
//   version 2, `row`:  several lanes sum one output; few rows, with RMS norm in front if asked
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
import row from './row.wgsl';
import tile from './tile.wgsl';

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
	readonly version?: 'tile' | 'row';
}

/** Rows up to which lanes along the inputs beat a tile. */
const FEW_ROWS = 4;

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
	const version = options.version ?? (rows <= FEW_ROWS || norm ? 'row' : 'tile');
	if (norm && version !== 'row')
		throw new Error('Only the version `row` of linear has a norm in front.');
	const y = plan.tensor([batch, time, out], 'linear');
	plan.add({
		op: 'linear',
		version,
		reads: [x, weight, bias, residual, norm?.weight].filter((tensor) => tensor !== undefined),
		writes: [y],
		kernel: () => {
			const lanes = plan.adapter.software ? 1 : 16;
			return {
				code: version === 'row' ? row : tile,
				constants: {
					HAS_BIAS: bias !== undefined,
					HAS_RESIDUAL: residual !== undefined,
					...(version === 'row' && { HAS_NORM: norm !== undefined, LANES: lanes })
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
				workgroups:
					version === 'row'
						? [Math.ceil((out * lanes) / 64), rows]
						: [Math.ceil(out / 256), Math.ceil(rows / 8)]
			};
		},
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
