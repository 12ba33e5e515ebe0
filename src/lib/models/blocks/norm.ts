// Norms in front of linear layers: in a dispatch of their own, or, for one row and RMS, in the linear layer's.
import { layerNorm } from '#kernels/layer_norm/index.ts';
import type { LinearOptions } from '#kernels/linear/index.ts';
import { rmsNorm } from '#kernels/rms_norm/index.ts';
import type { PlanBuilder, Tensor } from '#lib/engine/index.ts';
import type { Scope } from '../scope.ts';

export interface Norm {
	readonly kind: 'rms' | 'layer';
	/** (hidden) */
	readonly weight: Tensor;
	/** (hidden), of a layer norm. */
	readonly bias?: Tensor;
	readonly epsilon: number;
}

/** The norm whose weight is `name.weight` in this scope; with a bias it is a layer norm. */
export function normOf(scope: Scope, name: string, epsilon: number): Norm {
	const bias = scope.optional(`${name}.bias`);
	const weight = scope.weight(`${name}.weight`);
	return bias ? { kind: 'layer', weight, bias, epsilon } : { kind: 'rms', weight, epsilon };
}

export function normed(plan: PlanBuilder, x: Tensor, norm: Norm): Tensor {
	const { kind, weight, bias, epsilon } = norm;
	return kind === 'layer'
		? layerNorm(plan, { x, weight, bias, epsilon })
		: rmsNorm(plan, { x, weight, epsilon });
}

/** What linear layers take as their input. */
export type LinearInput = Pick<LinearOptions, 'x' | 'norm'>;

/** A normed input for linear layers. A run that carries its state one token at a time has the norm inside them. */
export function normedInput(scope: Scope, x: Tensor, norm: Norm): LinearInput {
	return isOneStep(scope, x) && norm.kind === 'rms'
		? { x, norm: { weight: norm.weight, epsilon: norm.epsilon } }
		: { x: normed(scope.plan, x, norm) };
}

/** Is this one token of one text, with its state carried? */
export const isOneStep = (scope: Scope, x: Tensor): boolean =>
	scope.run.carried !== undefined && x.shape[0] * x.shape[1] === 1;
