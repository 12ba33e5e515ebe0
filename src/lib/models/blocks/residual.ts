// The last linear layer of a block, with the residual stream added in its dispatch; while training with dropout, after it.
import { dropout } from '#kernels/dropout/index.ts';
import { add } from '#kernels/elementwise/index.ts';
import { linear } from '#kernels/linear/index.ts';
import type { Tensor } from '#lib/engine/index.ts';
import type { Scope } from '../scope.ts';
import { streamOf } from '../streams.ts';

/** residual + name(x). What the block alone gives is made again for a trace that asks for it (`out`). */
export function addedTo(residual: Tensor, scope: Scope, name: string, x: Tensor): Tensor {
	const { plan, path, run } = scope;
	const layer = { x, ...scope.linear(name) };
	if (scope.records('out')) scope.name('out', linear(plan, layer));
	if (!run.dropout) return linear(plan, { ...layer, residual });
	// The mask belongs to the name, so that it is the same when a layer is computed again on the way back.
	const kept = dropout(plan, {
		...run.dropout,
		x: linear(plan, layer),
		layer: streamOf(`${path}.${name}`)
	});
	return add(plan, { a: residual, b: kept });
}
