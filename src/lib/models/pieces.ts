// A text read piece by piece, the state carried: token by token, or up to where the state of another text takes its place.
import { cutEdits, type LayerEdits } from './edits.ts';
import type { Transplant } from './mamba/interventions.ts';
import type { CarriedState, Forward, ForwardOptions, LanguageModel } from './model.ts';

/** How a text is read. */
export interface Reading {
	readonly edits?: ReadonlyMap<number, LayerEdits> | undefined;
	/** In the order of their tokens. */
	readonly transplants?: readonly Transplant[] | undefined;
	/** Token by token. */
	readonly steps?: boolean | undefined;
	readonly signal?: AbortSignal | undefined;
}

/** Tokens that caches must hold while a text of `length` is read or written on. A transplant of all layers sets the count anew. */
export function capacityFor(length: number, transplants: readonly Transplant[] = []): number {
	let [held, read, most] = [0, 0, 1];
	for (const { token, donor, layer } of transplants) {
		most = Math.max(most, donor.length, held + token - read);
		if (layer !== undefined) continue;
		[held, read] = [donor.length, token];
	}
	return Math.max(most, held + length - read);
}

/**
 * Read `ids` into a new state.
 * @param onPiece is given each pass that ran, in order, before it is freed
 */
export async function readInPieces(
	model: LanguageModel,
	state: CarriedState,
	ids: readonly number[],
	reading: Reading & Pick<ForwardOptions, 'head' | 'record'>,
	onPiece: (piece: Forward) => Promise<void> = async () => {}
): Promise<void> {
	const { edits, transplants = [], steps = false, head, record, signal } = reading;
	const cuts = new Set([0, ids.length]);
	for (const { token } of transplants) cuts.add(token);
	if (steps) for (const t of ids.keys()) cuts.add(t);
	const places = [...cuts].sort((a, b) => a - b);
	for (const [i, from] of places.entries()) {
		for (const change of transplants)
			if (change.token === from) await transplant(model, state, change, edits, signal);
		if (from === ids.length) return;
		const to = places[i + 1];
		const piece = await model.forward([ids.slice(from, to)], {
			...{ state, head, record, signal },
			edits: edits && cutEdits(edits, from, to)
		});
		try {
			await onPiece(piece);
		} finally {
			piece.free();
		}
	}
}

/** Put what another text carries in place of what is carried here. A channel that is driven by another takes that one's state. */
async function transplant(
	model: LanguageModel,
	state: CarriedState,
	{ donor, layer }: Transplant,
	edits: ReadonlyMap<number, LayerEdits> | undefined,
	signal: AbortSignal | undefined
): Promise<void> {
	const other = model.newState(1, state.capacity === Infinity ? undefined : state.capacity);
	try {
		const read = await model.forward([donor], { state: other, head: 'none', signal });
		read.free();
		const saved = await model.saveState(other);
		const names = [...other.tensors.keys()];
		const moved = saved.map((data, i) => {
			const [, index] = /^layers\.(\d+)\..*ssm_state$/.exec(names[i]) ?? [];
			const source = index === undefined ? undefined : edits?.get(Number(index))?.source;
			return source && data instanceof Float32Array ? rowsFrom(data, source) : data;
		});
		model.restoreState(
			state,
			moved,
			(name) => layer === undefined || name.startsWith(`layers.${layer}.`)
		);
	} finally {
		model.freeState(other);
	}
}

/** Row d becomes row source[d]. */
function rowsFrom(data: Float32Array<ArrayBuffer>, source: Uint32Array): Float32Array<ArrayBuffer> {
	const width = data.length / source.length;
	const rows = new Float32Array(data.length);
	source.forEach((s, d) => rows.set(data.subarray(s * width, (s + 1) * width), d * width));
	return rows;
}

/** What a layer carries that can be had from another text on its own; null, or why not. */
export function whyNotAlone(model: LanguageModel, layer: number): string | null {
	const carried = model.architecture
		.carried(1, 1)
		.filter(({ name }) => name.startsWith(`layers.${layer}.`));
	if (carried.length === 0)
		return `Layer ${layer} carries nothing from word to word: there is nothing to transplant. Choose another layer, or all.`;
	if (carried.some(({ name }) => name.endsWith('_cache')))
		return `Layer ${layer} is attention: its cache has a row for each word, and the texts differ in length. Transplant all layers, or choose a Mamba layer.`;
	return null;
}
