// What a run changes inside its layers: writes and kept states multiplied token by token, Δ scaled, Δ, B or C held, B or C of other
// tokens, channels driven by others, numbers of the state held, and what a layer adds left out.
import type { Engine, Tensor } from '#lib/engine/index.ts';
import type { EditableState } from './architecture.ts';
import type { EditTensors } from './scope.ts';

/** What to change in one layer of a run. L is the length, D the channels, N the state size, H the heads with a Δ: D in a Mamba. */
export interface LayerEdits {
	/** What the layer gives is not added to the residual stream. The only one for layers of any kind. */
	readonly skip?: boolean;
	/** (L, 2): by how much each token's write and the state kept before it are multiplied. */
	readonly multipliers?: Float32Array<ArrayBuffer>;
	/** By how much Δ is multiplied at every token, and, (L), at each. */
	readonly deltaFactor?: number;
	readonly deltaFactors?: Float32Array<ArrayBuffer>;
	/** (H): takes the place of Δ at every token. */
	readonly deltaFrozen?: Float32Array<ArrayBuffer>;
	/** (D, N): take the place of B and of C at every token. */
	readonly B?: Float32Array<ArrayBuffer>;
	readonly C?: Float32Array<ArrayBuffer>;
	/** (L): the token whose B, or C, each token gets. */
	readonly orderOfB?: Uint32Array<ArrayBuffer>;
	readonly orderOfC?: Uint32Array<ArrayBuffer>;
	/** (D): the channel whose x, Δ, A and B drive the state of each. */
	readonly source?: Uint32Array<ArrayBuffer>;
	/** (D, N, 2): whether a number of the state is held (1), and at what. */
	readonly held?: Float32Array<ArrayBuffer>;
}

/** The edits of tokens `from` to `to` of a text. */
export function cutEdits(
	edits: ReadonlyMap<number, LayerEdits>,
	from: number,
	to: number
): Map<number, LayerEdits> {
	return new Map(
		[...edits].map(([layer, { multipliers, deltaFactors, orderOfB, orderOfC, ...held }]) => {
			if (orderOfB || orderOfC)
				throw new RangeError('B and C are exchanged in a text that is read whole, in one pass.');
			return [
				layer,
				{
					...held,
					multipliers: multipliers?.slice(2 * from, 2 * to),
					deltaFactors: deltaFactors?.slice(from, to)
				}
			];
		})
	);
}

/** What stays in force when tokens come past those that were edited one by one. */
export function lastingEdits(edits: ReadonlyMap<number, LayerEdits>): Map<number, LayerEdits> {
	const lasting = new Map<number, LayerEdits>();
	for (const [layer, edit] of edits) {
		const { skip, deltaFactor, deltaFrozen, B, C, source, held } = edit;
		const left = { skip, deltaFactor, deltaFrozen, B, C, source, held };
		if (Object.values(left).some((part) => part !== undefined)) lasting.set(layer, left);
	}
	return lasting;
}

/** Is something done to these tokens that is not done to all that come? */
export const editsTokens = (edits: ReadonlyMap<number, LayerEdits>): boolean =>
	[...edits.values()].some(({ multipliers, deltaFactors }) =>
		[multipliers, deltaFactors].some((values) => values?.some((value) => value !== 1))
	);

/**
 * Upload edits of `length` tokens.
 * @param stateOf of a layer; asked only where more than what it adds is edited
 * @param owned takes the tensors, to be freed with the run
 */
export function uploadEdits(
	engine: Engine,
	edits: ReadonlyMap<number, LayerEdits>,
	stateOf: (layer: number) => EditableState,
	length: number,
	owned: Tensor[]
): Map<number, EditTensors> {
	const upload = (
		data: Float32Array<ArrayBuffer> | Uint32Array<ArrayBuffer> | undefined,
		shape: readonly number[],
		label: string
	) => {
		if (!data) return undefined;
		const dtype = data instanceof Uint32Array ? 'u32' : 'f32';
		const tensor = engine.tensor(shape, { label, dtype, data });
		owned.push(tensor);
		return tensor;
	};
	const tensors = new Map<number, EditTensors>();
	for (const [layer, { skip, ...edit }] of edits) {
		if (!Object.values(edit).some((part) => part !== undefined)) {
			tensors.set(layer, { skip });
			continue;
		}
		const { channels: D, states: N, heads: H } = stateOf(layer);
		tensors.set(layer, {
			skip,
			multipliers: upload(edit.multipliers, [1, length, 2], 'edits'),
			deltaScale: upload(scaleOf(edit, length), [1, length], 'scale of Δ'),
			deltaFrozen: upload(edit.deltaFrozen, [H], 'held Δ'),
			B: upload(edit.B, [D, N], 'held B'),
			C: upload(edit.C, [D, N], 'held C'),
			orderOfB: upload(edit.orderOfB, [length], 'order of B'),
			orderOfC: upload(edit.orderOfC, [length], 'order of C'),
			source: upload(edit.source, [D], 'source'),
			held: upload(edit.held, [D, N, 2], 'held state')
		});
	}
	return tensors;
}

/** (L): what Δ is multiplied by at each token, where it is at all. */
function scaleOf(
	{ deltaFactor, deltaFactors }: LayerEdits,
	length: number
): Float32Array<ArrayBuffer> | undefined {
	if (deltaFactor === undefined && !deltaFactors) return undefined;
	return Float32Array.from(
		{ length },
		(_, t) => (deltaFactor ?? 1) * (deltaFactors ? deltaFactors[t] : 1)
	);
}
