// The last linear layer of a block, with the residual stream added in its dispatch.
import { linear } from '#kernels/linear/index.ts';
import type { Tensor } from '#lib/engine/index.ts';
import type { Scope } from '../scope.ts';

/** residual + name(x). What the block alone gives is made again for a trace that asks for it (`out`). */
export function addedTo(residual: Tensor, scope: Scope, name: string, x: Tensor): Tensor {
	const layer = { x, ...scope.linear(name) };
	if (scope.records('out')) scope.name('out', linear(scope.plan, layer));
	return linear(scope.plan, { ...layer, residual });
}
