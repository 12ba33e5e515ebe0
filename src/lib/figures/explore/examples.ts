// The texts that the explorer offers, as `npm run find-examples` measured and chose them. What each is called and what to look for is in the
// messages, under its key. What else was tried, and how it came out, is in examples-table.json beside this file; the page does not load it.
import chosen from './examples.json';
import type { AnyOperation } from './layers/run.ts';

/**
 * How the effect and its control are measured, by `kind`: `before`, `effect` and `control` of the evidence are
 *
 * - `erase`: the probability of the next word untouched; with one word's write erased in the layer; with that of a control word erased there.
 * - `swap`: the share of one next word among two: as it stands; with a word of another sort in the slot; with one of the same sort there.
 * - `stateless`: the probability of the next word untouched; with the state forgotten before each word in all layers; what is then left of
 *   the probability of a name that a text says only early, as a share.
 * - `frozen`: the probability of the next word untouched; with Δ of the layer held at its mean; what is then left of a fixed phrase's, as a
 *   share.
 * - `step`, `write`, `channel`: the mean, over the other words of the text, of Δ, of the size of what a word writes, of Δ of one channel; how
 *   many times that the number is at the token; how many times at another token in its place, or there in another text.
 * - `lens`: the probability of the next word; how much of it the layer brings; how much of a fixed phrase's the same layer brings.
 * - `filler`: the probability of the next word without the sentences between; with them; with them, where the text names somebody else.
 * - `fails`: the probability of the right next word; of the wrong one; of the right one in a text that the model can do.
 */
export type EvidenceKind =
	| 'erase'
	| 'swap'
	| 'stateless'
	| 'frozen'
	| 'step'
	| 'write'
	| 'channel'
	| 'lens'
	| 'filler'
	| 'fails';

export interface Evidence {
	readonly kind: EvidenceKind;
	/** For the filling that is shown. */
	readonly before: number;
	readonly effect: number;
	readonly control: number;
	/** How many words were put into the slot, and for how many the effect held and the control did not. */
	readonly tried: number;
	readonly held: number;
}

export interface ExploreExample {
	/** Stable; its messages stand under it. */
	readonly key: string;
	/** The model gets it wrong. */
	readonly fails: boolean;
	readonly text: string;
	/** What fills the slot. */
	readonly word: string;
	/** Where to look. */
	readonly where: {
		/** −1 is the whole model. */
		readonly layer: number;
		readonly operation: AnyOperation | '';
		/** 0 is the start of the text. */
		readonly token: number;
		readonly channel?: number;
	};
	readonly evidence: Evidence;
}

export const examples = chosen.examples as readonly ExploreExample[];
