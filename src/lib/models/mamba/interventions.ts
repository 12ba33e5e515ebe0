// What a reader may change in a run of a model, and what that means for one layer. What changes a state is for layers that have one:
// Mamba's, and Mamba-2's in so far as their Δ, writes and states go.

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

/** What can be done to a text, or to the run of a model on it. */
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
	  }
	/** Δ multiplied, after softplus and freezing: at one token, or at all. Several in one layer multiply. */
	| {
			readonly kind: 'scale-delta';
			readonly layer: number;
			readonly factor: number;
			readonly token?: number;
	  }
	/** A number of the state, or all N of its channel, stands at `value` after every token; y, skip and gate go on from there. */
	| {
			readonly kind: 'hold';
			readonly layer: number;
			readonly channel: number;
			readonly state?: number;
			readonly value: number;
	  }
	/**
	 * The state of a channel is at every token what channel `from` has by itself, whatever is held there: its x, Δ, A and B drive it.
	 * Skip, C and gate stay the channel's own.
	 */
	| {
			readonly kind: 'copy';
			readonly layer: number;
			readonly channel: number;
			readonly from: number;
	  }
	/** The layer adds nothing: what enters it leaves it. It is computed all the same, and what it carries moves on. */
	| { readonly kind: 'skip'; readonly layer: number }
	/** Another word is read in place of this one. */
	| { readonly kind: 'replace'; readonly token: number; readonly id: number }
	/** Before `token` is read, what is carried, by all layers or one, becomes what it was in the untouched run of another text after `from.token`. */
	| {
			readonly kind: 'transplant';
			readonly token: number;
			readonly from: { readonly ids: readonly number[]; readonly token: number };
			readonly layer?: number;
	  };

/** Those that need a layer with a state. */
export type StateChange = Exclude<Experiment, { kind: 'skip' | 'replace' | 'transplant' }>;

export const changesState = (change: Experiment): change is StateChange =>
	change.kind !== 'skip' && change.kind !== 'replace' && change.kind !== 'transplant';

/** Before a token is read, what is carried becomes what it was in another text. */
export interface Transplant {
	readonly token: number;
	/** The other text, up to the token after which its state is taken. It is read untouched. */
	readonly donor: readonly number[];
	/** Only what this layer carries. */
	readonly layer?: number | undefined;
}

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
): ReadonlySet<number> => {
	const kind = `freeze-${what}` as const;
	return new Set(interventions.flatMap((change) => (change.kind === kind ? [change.layer] : [])));
};

/** The layers that add nothing. */
export const skippedLayers = (interventions: readonly Experiment[]): ReadonlySet<number> =>
	new Set(interventions.flatMap((change) => (change.kind === 'skip' ? [change.layer] : [])));

/** The text with other words in place of those that are replaced. */
export function wordsRead(ids: readonly number[], interventions: readonly Experiment[]): number[] {
	const read = [...ids];
	for (const change of interventions) if (change.kind === 'replace') read[change.token] = change.id;
	return read;
}

/** By token, those of one token in the order given. */
export const transplantsOf = (interventions: readonly Experiment[]): Transplant[] =>
	interventions
		.flatMap((change) => {
			if (change.kind !== 'transplant') return [];
			const { token, from, layer } = change;
			return [{ token, donor: from.ids.slice(0, from.token + 1), layer }];
		})
		.sort((a, b) => a.token - b.token);

/** What Δ of a layer is multiplied by at all tokens, and, (length), at single ones; null where at none. */
export function deltaFactorsOf(
	interventions: readonly Experiment[],
	layer: number,
	length: number
): { readonly everywhere: number; readonly byToken: Float32Array<ArrayBuffer> | null } {
	let everywhere = 1;
	let byToken: Float32Array<ArrayBuffer> | null = null;
	for (const change of interventions) {
		if (change.kind !== 'scale-delta' || change.layer !== layer) continue;
		if (change.token === undefined) everywhere *= change.factor;
		else {
			byToken ??= new Float32Array(length).fill(1);
			byToken[change.token] *= change.factor;
		}
	}
	return { everywhere, byToken };
}

/** The channel that drives the state of each channel of a layer, (channels). Null where it is its own everywhere. */
export function sourceOf(
	interventions: readonly Experiment[],
	layer: number,
	channels: number
): Uint32Array<ArrayBuffer> | null {
	let source: Uint32Array<ArrayBuffer> | null = null;
	for (const change of interventions) {
		if (change.kind !== 'copy' || change.layer !== layer) continue;
		source ??= Uint32Array.from({ length: channels }, (_, d) => d);
		source[change.channel] = change.from;
	}
	return source;
}

/** For each number of a layer's state whether it is held (1), and at what: (channels, states, 2). Null where none is. */
export function heldOf(
	interventions: readonly Experiment[],
	layer: number,
	channels: number,
	states: number
): Float32Array<ArrayBuffer> | null {
	let held: Float32Array<ArrayBuffer> | null = null;
	for (const change of interventions) {
		if (change.kind !== 'hold' || change.layer !== layer) continue;
		held ??= new Float32Array(2 * channels * states);
		const [first, last] =
			change.state === undefined ? [0, states - 1] : [change.state, change.state];
		for (let n = first; n <= last; n++)
			held.set([1, change.value], 2 * (change.channel * states + n));
	}
	return held;
}

/** The token whose B, or C, each token of a layer gets, (length). Null where it is its own everywhere. */
export function orderOf(
	interventions: readonly Experiment[],
	what: 'B' | 'C',
	layer: number,
	length: number
): Uint32Array<ArrayBuffer> | null {
	let order: Uint32Array<ArrayBuffer> | null = null;
	const kind = `exchange-${what}` as const;
	for (const change of interventions) {
		if (change.kind !== kind || change.layer !== layer) continue;
		order ??= Uint32Array.from({ length }, (_, t) => t);
		const { token, other } = change;
		[order[token], order[other]] = [order[other], order[token]];
	}
	return order;
}
