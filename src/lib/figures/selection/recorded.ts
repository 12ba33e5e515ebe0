// The recordings of "Selection", as `npm run story` writes them.
import { pack, unpack } from '../pack.ts';
import type { Packed } from '../convolution/recorded.ts';

/** What a kind of token is called in the recording. */
export const KINDS = ['names', 'ends', 'small'] as const;
export type Kind = (typeof KINDS)[number];

/** What can be done to one layer. */
export const EXPERIMENTS = [
	'untouched',
	'erase',
	'exchange-B',
	'exchange-C',
	'freeze-delta'
] as const;
export type ExperimentName = (typeof EXPERIMENTS)[number];

export interface Outcome {
	/** Mean over the text's tokens but the first, in nats. */
	readonly loss: number;
	readonly next: readonly { readonly word: string; readonly p: number }[];
}

export interface RecordedSelection {
	readonly made: {
		readonly by: string;
		readonly with: string;
		readonly model: string;
		readonly weights: string;
	};
	readonly text: string;
	/** Its tokens. */
	readonly words: readonly string[];
	readonly layers: number;
	/** The channels whose Δ separates a kind of token best, over text that was held out. */
	readonly channels: Readonly<
		Record<
			Kind,
			{
				readonly layer: number;
				readonly channel: number;
				/** The chance that Δ is larger at such a token than at another. */
				readonly score: number;
				/** Δ over the text. */
				readonly delta: Packed;
			}
		>
	>;
	/** Tokens over which they were chosen, and other tokens over which the scores were taken. */
	readonly chosenOver: number;
	readonly scoredOver: number;
	/** The layer of the next figures. */
	readonly layer: number;
	/** Of this layer's Δ at each token: 10 %, 50 % and 90 % of the channels are below. */
	readonly quantiles: Packed;
	/** Of each layer: rows of survival, one after the other, each in two letters. */
	readonly survival: readonly string[];
	/** The two tokens of the experiments. */
	readonly tokens: readonly [number, number];
	/** By layer, then in the order of EXPERIMENTS. */
	readonly outcomes: readonly (readonly Outcome[])[];
	/** Logits of all tokens: one pass against two (cut after `split`) and against single steps. */
	readonly passes: {
		readonly split: number;
		readonly numbers: number;
		readonly halves: { readonly difference: number; readonly largest: number };
		readonly steps: { readonly difference: number; readonly largest: number };
	};
}

const STEPS = 64 ** 2 - 1;

export const packShares = (rows: readonly (readonly number[])[]): string =>
	pack(
		rows.flat().map((share) => Math.round(Math.min(1, share) * STEPS)),
		2
	);

/** Row j has the tokens from j on. */
export function unpackShares(packed: string, length: number): number[][] {
	const all = unpack(packed, 2).map((code) => code / STEPS);
	const rows: number[][] = [];
	for (let at = 0, j = 0; j < length; j++) {
		rows.push(all.slice(at, at + length - j));
		at += length - j;
	}
	return rows;
}
