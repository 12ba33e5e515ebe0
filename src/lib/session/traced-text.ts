// A text read under interventions, and what its run recorded: in one pass, or in pieces whose numbers are joined.
import type { LanguageModel } from '#lib/models/model.ts';
import { capacityFor, readInPieces } from '#lib/models/pieces.ts';
import type { Intervened } from './experiments.ts';

export interface Recorded {
	readonly names: ReadonlySet<string>;
	readonly head: 'all' | 'last' | 'none';
	/** Token by token, with the state carried. */
	readonly steps?: boolean;
	readonly signal?: AbortSignal | undefined;
}

/**
 * What is recorded under each name, time first. With `head: 'last'` the last row of `logits` is the last token's.
 * @throws RangeError where B or C is exchanged and the text is not read in one pass
 */
export async function traceText(
	model: LanguageModel,
	{ ids, edits, transplants }: Intervened,
	{ names, head, steps = false, signal }: Recorded
): Promise<ReadonlyMap<string, Float32Array<ArrayBuffer>>> {
	const parts = new Map([...names].map((name) => [name, [] as Float32Array[]]));
	const onPiece = async ({
		plan
	}: {
		readonly plan: { read(name: string): Promise<ArrayLike<number>> };
	}) => {
		for (const [name, read] of parts) read.push(Float32Array.from(await plan.read(name)));
	};
	const options = { edits, head, signal, record: (name: string) => names.has(name) };
	if (transplants.length === 0 && !steps) {
		const forward = await model.forward([[...ids]], options);
		try {
			await onPiece(forward);
		} finally {
			forward.free();
		}
	} else {
		const state = model.newState(1, capacityFor(ids.length, transplants));
		try {
			await readInPieces(model, state, ids, { ...options, transplants, steps }, onPiece);
		} finally {
			model.freeState(state);
		}
	}
	return new Map(
		[...parts].map(([name, read]) => [name, asUsed(name, joined(read), ids.length, edits)])
	);
}

/** B or C that is held in place of what the tokens make of it. */
function asUsed(
	name: string,
	made: Float32Array<ArrayBuffer>,
	length: number,
	edits: Intervened['edits']
): Float32Array<ArrayBuffer> {
	const [, layer, letter] = /^layers\.(\d+)\.mixer\.([BC])$/.exec(name) ?? [];
	const held = letter && edits?.get(Number(layer))?.[letter as 'B' | 'C'];
	if (!held) return made;
	const row = held.subarray(0, made.length / length);
	for (let t = 0; t < length; t++) made.set(row, t * row.length);
	return made;
}

function joined(parts: readonly Float32Array[]): Float32Array<ArrayBuffer> {
	const whole = new Float32Array(parts.reduce((sum, { length }) => sum + length, 0));
	let at = 0;
	for (const part of parts) {
		whole.set(part, at);
		at += part.length;
	}
	return whole;
}
