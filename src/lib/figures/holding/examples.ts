// The texts that the figure offers, as `npm run examples` measured and chose them. What else was tried, and how it came out,
// is in examples-table.json beside this file; the page does not load it.
import chosen from './examples.json';

export interface Example {
	/** Stable; messages may say `look` in another language under it. */
	readonly key: string;
	/**
	 * `holds`: erasing the token's write loses the word. `still`: a large share, yet erasing it moves almost nothing.
	 * `unknown`: the model does not come up with the word.
	 */
	readonly promise: 'holds' | 'still' | 'unknown';
	readonly text: string;
	/** Where to look. */
	readonly layer: number;
	/** The token whose write is erased, and one that does not matter; 0 is the start of the text. */
	readonly token: number;
	readonly control: number;
	/** A sentence or two: what to look for. */
	readonly look: string;
	/** After the last token: the probability of the word untouched, with its write erased, with the control's erased. */
	readonly measured: {
		readonly probability: number;
		/** The likeliest next word. */
		readonly says: string;
		readonly share: number;
		/** Rank of the share among all tokens, from 1. */
		readonly rank: number;
		readonly erased: number;
		readonly control: number;
		/** Part of all probability that changes hands when the word's write is erased. */
		readonly moved: number;
	};
	/** How many words were put in its place, for how many the model knew the answer, and for how many erasing lost it. */
	readonly words: { readonly tried: number; readonly known: number; readonly hold: number };
}

export const examples = chosen.examples as readonly Example[];
