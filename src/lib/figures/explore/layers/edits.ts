// What a reader's edits do to one layer, for whoever works out its numbers here: the same that the run itself was told.
import type { Experiment } from '#lib/session/types.ts';

export type { Experiment };

export interface StateEdits {
	/** What the state that a token finds is multiplied by: 0 where it was reset. */
	keep(t: number): number;
	/** What a token's write is multiplied by: 0 where it was erased. */
	write(t: number): number;
	/** Δ stands at its mean over the untouched text. */
	readonly frozen: boolean;
	/** What Δ is multiplied by after that. */
	scale(t: number): number;
	/** The channel whose x, Δ and A drive the state. */
	source(channel: number): number;
	/** Where a state stands still, its value; undefined where it is free. */
	held(channel: number, state: number): number | undefined;
	readonly holds: boolean;
	/** The layer adds nothing. */
	readonly skipped: boolean;
	/** The state before the first token, or before a later one, is another text's. */
	readonly transplanted: boolean;
}

/** Of the later of two edits that contradict one another the later holds. */
export function editsOfLayer(all: readonly Experiment[], layer: number): StateEdits | null {
	const own = all.filter((one) => 'layer' in one && one.layer === layer);
	const transplanted = all.some(
		(one) => one.kind === 'transplant' && (one.layer === undefined || one.layer === layer)
	);
	if (own.length === 0 && !transplanted) return null;
	const at = (kind: 'erase' | 'reset') =>
		new Set(own.flatMap((one) => (one.kind === kind ? [one.token] : [])));
	const [erased, reset] = [at('erase'), at('reset')];
	const scales = own.filter((one) => one.kind === 'scale-delta');
	const copies = new Map(
		own.flatMap((one) => (one.kind === 'copy' ? [[one.channel, one.from] as const] : []))
	);
	const holds = own.filter((one) => one.kind === 'hold');
	return {
		keep: (t) => (reset.has(t) ? 0 : 1),
		write: (t) => (erased.has(t) ? 0 : 1),
		frozen: own.some((one) => one.kind === 'freeze-delta'),
		scale: (t) =>
			scales.reduce(
				(product, { factor, token }) =>
					token === undefined || token === t ? product * factor : product,
				1
			),
		source: (channel) => copies.get(channel) ?? channel,
		held: (channel, state) =>
			holds.findLast(
				(one) => one.channel === channel && (one.state === undefined || one.state === state)
			)?.value,
		holds: holds.length > 0,
		skipped: own.some((one) => one.kind === 'skip'),
		transplanted
	};
}
