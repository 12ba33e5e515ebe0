// The recording of a Transformer's attention, as `npm run story` writes it to recorded.json, and its decoder.

import { pack, unpack } from '../pack.ts';

export interface RecordedAttention {
	readonly made: {
		readonly by: string;
		readonly model: string;
		/** sha256 of the weights' file. */
		readonly weights: string;
	};
	readonly text: string;
	/** Its tokens. */
	readonly words: readonly string[];
	readonly layers: number;
	readonly heads: number;
	/** Bytes of keys and values that all layers keep for a token. */
	readonly bytesPerToken: number;
	/** Of every head of every layer: row after row, each weight in 4,095ths as 2 base-64 digits. */
	readonly weights: readonly string[];
}

const STEPS = 64 ** 2 - 1;

export const packWeights = (rows: readonly ArrayLike<number>[]): string =>
	pack(
		rows.flatMap((row) => Array.from(row, (weight) => Math.round(weight * STEPS))),
		2
	);

/** Row t has the weights of tokens 0…t. */
export function unpackWeights(packed: string): number[][] {
	const all = unpack(packed, 2).map((code) => code / STEPS);
	const rows: number[][] = [];
	for (let at = 0; at < all.length; at += rows.length)
		rows.push(all.slice(at, at + rows.length + 1));
	return rows;
}
