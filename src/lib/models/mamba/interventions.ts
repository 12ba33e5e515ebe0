// What a reader may change in a run of a Mamba, and what that means for the scan of one layer.

/** `layer` and `token` count from 0. */
export type Intervention =
	/** B̄ = 0 at one token: it writes nothing into this layer's state. */
	| { readonly kind: 'erase'; readonly layer: number; readonly token: number }
	/** Ā = 0 at one token: the state that came before it is forgotten. */
	| { readonly kind: 'reset'; readonly layer: number; readonly token: number }
	/** Δ held, in each channel, at its mean over this text in the untouched run. */
	| { readonly kind: 'freeze-delta'; readonly layer: number };

/**
 * The edits of one layer for the scan: (length, 2) with, for each token, what multiplies B̄ (write) and what multiplies Ā
 * (keep). Null where the layer has none. Tokens outside `from … from + length − 1` are left out, so that a text may be read
 * in pieces.
 */
export function editsOf(
	interventions: readonly Intervention[],
	layer: number,
	length: number,
	from = 0
): Float32Array<ArrayBuffer> | null {
	let edits: Float32Array<ArrayBuffer> | null = null;
	for (const change of interventions) {
		if (change.kind === 'freeze-delta' || change.layer !== layer) continue;
		const t = change.token - from;
		if (t < 0 || t >= length) continue;
		edits ??= new Float32Array(2 * length).fill(1);
		edits[2 * t + (change.kind === 'erase' ? 0 : 1)] = 0;
	}
	return edits;
}

/** The layers whose Δ is frozen. */
export const frozenLayers = (interventions: readonly Intervention[]): ReadonlySet<number> =>
	new Set(interventions.filter(({ kind }) => kind === 'freeze-delta').map(({ layer }) => layer));
