// What a run changes inside Mamba layers: writes and kept states multiplied token by token, Δ held.
import type { Engine, Tensor } from '#lib/engine/index.ts';
import type { EditTensors } from './scope.ts';

/** What to change in one layer of a run. */
export interface LayerEdits {
	/** (L, 2): by how much each token's write and the state kept before it are multiplied. */
	readonly multipliers?: Float32Array<ArrayBuffer>;
	/** (D): takes the place of Δ at every token. */
	readonly deltaFrozen?: Float32Array<ArrayBuffer>;
}

/** The edits of tokens `from` to `to` of a text. */
export function cutEdits(
	edits: ReadonlyMap<number, LayerEdits>,
	from: number,
	to: number
): Map<number, LayerEdits> {
	return new Map(
		[...edits].map(([layer, { multipliers, deltaFrozen }]) => [
			layer,
			{ multipliers: multipliers?.slice(2 * from, 2 * to), deltaFrozen }
		])
	);
}

/**
 * Upload edits of `length` tokens.
 * @param owned takes the tensors, to be freed with the run
 * @param stepping tokens come one at a time, past the edited ones: only what holds at every token is kept
 */
export function uploadEdits(
	engine: Engine,
	edits: ReadonlyMap<number, LayerEdits> | undefined,
	length: number,
	owned: Tensor[],
	stepping = false
): Map<number, EditTensors> {
	const tensors = new Map<number, EditTensors>();
	const upload = (data: Float32Array<ArrayBuffer>, shape: number[], label: string) => {
		const tensor = engine.tensor(shape, { label, data });
		owned.push(tensor);
		return tensor;
	};
	for (const [layer, { multipliers, deltaFrozen }] of edits ?? []) {
		if (stepping && !deltaFrozen) continue;
		tensors.set(layer, {
			multipliers:
				multipliers && !stepping ? upload(multipliers, [1, length, 2], 'edits') : undefined,
			deltaFrozen: deltaFrozen && upload(deltaFrozen, [deltaFrozen.length], 'frozen Δ')
		});
	}
	return tensors;
}
