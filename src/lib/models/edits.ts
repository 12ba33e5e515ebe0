// What a run changes inside Mamba layers: writes and kept states multiplied token by token, Δ, B or C held, B or C of other tokens.
import type { Engine, Tensor } from '#lib/engine/index.ts';
import type { EditTensors } from './scope.ts';

/** What to change in one layer of a run. */
export interface LayerEdits {
	/** (L, 2): by how much each token's write and the state kept before it are multiplied. */
	readonly multipliers?: Float32Array<ArrayBuffer>;
	/** (D): takes the place of Δ at every token. */
	readonly deltaFrozen?: Float32Array<ArrayBuffer>;
	/** (D, N): take the place of B and of C at every token. */
	readonly B?: Float32Array<ArrayBuffer>;
	readonly C?: Float32Array<ArrayBuffer>;
	/** (L): the token whose B, or C, each token gets. */
	readonly orderOfB?: Uint32Array<ArrayBuffer>;
	readonly orderOfC?: Uint32Array<ArrayBuffer>;
}

/** Names of what holds at every token, whatever its number. */
const HELD = ['deltaFrozen', 'B', 'C'] as const;

/** The edits of tokens `from` to `to` of a text. */
export function cutEdits(
	edits: ReadonlyMap<number, LayerEdits>,
	from: number,
	to: number
): Map<number, LayerEdits> {
	return new Map(
		[...edits].map(([layer, { multipliers, orderOfB, orderOfC, ...held }]) => {
			if (orderOfB || orderOfC)
				throw new RangeError('B and C are exchanged in a text that is read whole, in one pass.');
			return [layer, { ...held, multipliers: multipliers?.slice(2 * from, 2 * to) }];
		})
	);
}

/**
 * Upload edits of `length` tokens.
 * @param owned takes the tensors, to be freed with the run
 * @param channels D of the layers
 * @param stepping tokens come one at a time, past the edited ones: only what holds at every token is kept
 */
export function uploadEdits(
	engine: Engine,
	edits: ReadonlyMap<number, LayerEdits>,
	{ length, channels }: { readonly length: number; readonly channels: number },
	owned: Tensor[],
	stepping = false
): Map<number, EditTensors> {
	const tensors = new Map<number, EditTensors>();
	const upload = (
		data: Float32Array<ArrayBuffer> | Uint32Array<ArrayBuffer> | undefined,
		shape: (elements: number) => number[],
		label: string
	) => {
		if (!data) return undefined;
		const dtype = data instanceof Uint32Array ? 'u32' : 'f32';
		const tensor = engine.tensor(shape(data.length), { label, dtype, data });
		owned.push(tensor);
		return tensor;
	};
	for (const [layer, edit] of edits) {
		if (stepping && !HELD.some((name) => edit[name])) continue;
		const { deltaFrozen, B, C } = edit;
		const { multipliers, orderOfB, orderOfC } = stepping ? {} : (edit as Partial<LayerEdits>);
		const perChannel = (elements: number) => [channels, elements / channels];
		tensors.set(layer, {
			multipliers: upload(multipliers, () => [1, length, 2], 'edits'),
			deltaFrozen: upload(deltaFrozen, (elements) => [elements], 'held Δ'),
			B: upload(B, perChannel, 'held B'),
			C: upload(C, perChannel, 'held C'),
			orderOfB: upload(orderOfB, (elements) => [elements], 'order of B'),
			orderOfC: upload(orderOfC, (elements) => [elements], 'order of C')
		});
	}
	return tensors;
}
