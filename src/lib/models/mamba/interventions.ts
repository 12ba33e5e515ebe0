// What a reader may change in a run of a Mamba, and what that means for the scan of one layer.

/** Why a Mamba with complex A takes none of them. */
export const TIME_INVARIANT =
	'Layers with complex A (S4D) take no edits: they do the same at every token, and run as a convolution that cannot leave one out.';

/** `layer` and `token` count from 0. */
export type Intervention =
	/** B̄ = 0 at one token: it writes nothing into this layer's state. */
	| { readonly kind: 'erase'; readonly layer: number; readonly token: number }
	/** Ā = 0 at one token: the state that came before it is forgotten. */
	| { readonly kind: 'reset'; readonly layer: number; readonly token: number }
	/** Δ held, in each channel, at its mean over this text in the untouched run. */
	| { readonly kind: 'freeze-delta'; readonly layer: number };

/** What can be done to a text that is read whole. */
export type Experiment =
	| Intervention
	/** B or C held at its mean over this text in the untouched run. */
	| { readonly kind: 'freeze-B' | 'freeze-C'; readonly layer: number }
	/** Two tokens have each other's B or C. Of several in one layer the later exchanges what the earlier left. */
	| {
			readonly kind: 'exchange-B' | 'exchange-C';
			readonly layer: number;
			readonly token: number;
			readonly other: number;
	  };

/** What makes a layer selective. */
export type Selected = 'delta' | 'B' | 'C';

/**
 * The edits of one layer for the scan: (length, 2) with, for each token, what multiplies B̄ (write) and what multiplies Ā
 * (keep). Null where the layer has none. Tokens outside `from … from + length − 1` are left out, so that a text may be read
 * in pieces.
 */
export function editsOf(
	interventions: readonly Experiment[],
	layer: number,
	length: number,
	from = 0
): Float32Array<ArrayBuffer> | null {
	let edits: Float32Array<ArrayBuffer> | null = null;
	for (const change of interventions) {
		if ((change.kind !== 'erase' && change.kind !== 'reset') || change.layer !== layer) continue;
		const t = change.token - from;
		if (t < 0 || t >= length) continue;
		edits ??= new Float32Array(2 * length).fill(1);
		edits[2 * t + (change.kind === 'erase' ? 0 : 1)] = 0;
	}
	return edits;
}

/** The layers whose Δ, B or C is frozen. */
export const frozenLayers = (
	interventions: readonly Experiment[],
	what: Selected = 'delta'
): ReadonlySet<number> =>
	new Set(interventions.filter(({ kind }) => kind === `freeze-${what}`).map(({ layer }) => layer));

/** The token whose B, or C, each token of a layer gets, (length). Null where it is its own everywhere. */
export function orderOf(
	interventions: readonly Experiment[],
	what: 'B' | 'C',
	layer: number,
	length: number
): Uint32Array<ArrayBuffer> | null {
	let order: Uint32Array<ArrayBuffer> | null = null;
	for (const change of interventions) {
		if (change.kind !== `exchange-${what}` || change.layer !== layer) continue;
		if (!('other' in change)) continue;
		order ??= Uint32Array.from({ length }, (_, t) => t);
		const { token, other } = change;
		[order[token], order[other]] = [order[other], order[token]];
	}
	return order;
}
