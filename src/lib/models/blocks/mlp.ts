// Multilayer perceptrons: down(act(up(x))), and the gated one, down(act(gate(x)) · up(x)) (Shazeer 2020, GLU variants improve
// transformers).
//
// Names: `gate`, `up` (before its activation only where it is gated), `inner` what goes into the last layer, `out` before the
// residual.
import { activation, gatedActivation } from '#kernels/elementwise/index.ts';
import { linear } from '#kernels/linear/index.ts';
import type { Tensor } from '#lib/engine/index.ts';
import type { MlpActivation } from '../config.ts';
import type { Scope } from '../scope.ts';
import { addedTo } from './residual.ts';
import type { LinearInput } from './norm.ts';

export const MLP_TRACED = ['inner', 'out'] as const;
export const GATED_MLP_TRACED = ['gate', 'up', 'inner', 'out'] as const;

/** residual + down(act(up(x))) */
export function mlp(
	scope: Scope,
	input: LinearInput,
	residual: Tensor,
	kind: MlpActivation,
	names: { readonly up: string; readonly down: string }
): Tensor {
	const { plan } = scope;
	const up = { ...input, ...scope.linear(names.up) };
	const inner =
		kind === 'gelu_tanh'
			? activation(plan, { x: linear(plan, up), kind })
			: linear(plan, { ...up, activation: kind });
	scope.name('inner', inner);
	return addedTo(residual, scope, names.down, inner);
}

/** residual + down(act(gate(x)) · up(x)) */
export function gatedMlp(
	scope: Scope,
	input: LinearInput,
	residual: Tensor,
	kind: MlpActivation,
	names: { readonly gate: string; readonly up: string; readonly down: string }
): Tensor {
	const { plan } = scope;
	const gate = linear(plan, { ...input, ...scope.linear(names.gate) });
	const up = linear(plan, { ...input, ...scope.linear(names.up) });
	const inner = gatedActivation(plan, { gate, up, kind });
	for (const [name, tensor] of Object.entries({ gate, up, inner })) scope.name(name, tensor);
	return addedTo(residual, scope, names.down, inner);
}
