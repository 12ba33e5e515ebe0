// The sizes of a Mamba-2 mixer, and the weights that follow from them. The glossary is in mamba2.ts.
import type { WeightList } from '../weights.ts';

export interface Mamba2Shape {
	readonly hiddenSize: number;
	/** H */
	readonly heads: number;
	/** P */
	readonly headDim: number;
	/** Groups of heads that share B and C (G). */
	readonly groups: number;
	/** N */
	readonly stateSize: number;
	/** Tokens that the convolution sees (K). */
	readonly convKernel: number;
	/** Biases of in_proj and out_proj. */
	readonly useBias: boolean;
	readonly useConvBias: boolean;
	readonly epsilon: number;
	/** Equal parts of D with a norm of their own. */
	readonly normGroups: number;
	/** Δ is kept within these. */
	readonly timeStepLimits: readonly [least: number, most: number];
}

/** Columns of in_proj's and of the convolution's output. */
export function columnsOf({ heads, headDim, groups, stateSize }: Mamba2Shape) {
	const D = heads * headDim;
	const shared = groups * stateSize;
	const conv = D + 2 * shared;
	return {
		D,
		conv,
		z: [0, D],
		xBC: [D, D + conv],
		dt: [D + conv, D + conv + heads],
		x: [0, D],
		B: [D, D + shared],
		C: [D + shared, conv]
	} as const;
}

/** The weights of a mixer at `path`. */
export function addMamba2Weights(list: WeightList, path: string, shape: Mamba2Shape): void {
	const { hiddenSize, heads, convKernel, useBias, useConvBias } = shape;
	const { D, conv, dt } = columnsOf(shape);
	list.linear(`${path}.in_proj`, [dt[1], hiddenSize], { bias: useBias });
	list.add(`${path}.conv1d.weight`, [conv, 1, convKernel]);
	if (useConvBias) list.add(`${path}.conv1d.bias`, [conv]);
	list.add(`${path}.dt_bias`, [heads]);
	list.add(`${path}.A_log`, [heads]);
	list.add(`${path}.D`, [heads]);
	list.add(`${path}.norm.weight`, [D]);
	list.linear(`${path}.out_proj`, [hiddenSize, D], { bias: useBias });
}
