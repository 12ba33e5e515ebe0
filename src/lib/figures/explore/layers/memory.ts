// What a layer with a state does to it, whatever its kind: the one description from which every view of the memory is made.
//
//   h_t[d, n] = keep(t, d, n) · h_{t−1}[d, n] + write(t, d, n),   read-out_t[d] = Σ_n read(t, d, n) · h_t[d, n]
import type { Numbers } from './run.ts';

export interface Memory {
	/** L */
	readonly length: number;
	/** Real numbers of the channels that are there; `d` counts them from 0. */
	readonly channels: readonly number[];
	/** N */
	readonly states: number;
	/** Δ of a channel, as it was used. */
	delta(t: number, d: number): number;
	/** Negative; fixed. */
	A(d: number, n: number): number;
	/** Ā, and 0 where the state was reset. */
	keep(t: number, d: number, n: number): number;
	/** B̄ x, and 0 where the write was erased. */
	write(t: number, d: number, n: number): number;
	/** C */
	read(t: number, d: number, n: number): number;
	/** What a channel's read-out is multiplied by on its way out: SiLU(z). */
	gate(t: number, d: number): number;
	/** (channels, N): the state after token t. */
	h(t: number): Numbers;
	/** What token t finds in place of h_{t−1}, where another text's state was put there; null elsewhere. */
	foreign(t: number): Numbers | null;
	/** Some states stand at a value of the reader's: then h is no longer the sum of what was written. */
	readonly held: boolean;
}

export interface Parts {
	/** Of each word up to the one that is looked at. */
	readonly words: Float64Array;
	/** Of a state that was put there from another text. */
	readonly foreign: number;
}

/**
 * What each word up to t has in a state of a channel after t, Ā_t ⋯ Ā_{s+1} B̄_s x_s; without a state, in what the channel reads out
 * there: Σ_n C_n of that. The parts sum to the value. Of the read-outs they are a row of the layer's implied attention matrix for this
 * channel, with its sign; convolution, skip and gate are not in it. Source: Ali, Zimerman and Wolf, The Hidden Attention of Mamba
 * Models (2024).
 */
export function partsOf(memory: Memory, t: number, d: number, state: number | null): Parts {
	const words = new Float64Array(t + 1);
	let foreign = 0;
	const all = state === null ? Array.from({ length: memory.states }, (_, n) => n) : [state];
	for (const n of all) {
		let lasted = state === null ? memory.read(t, d, n) : 1;
		for (let s = t; s >= 0; s--) {
			words[s] += lasted * memory.write(s, d, n);
			lasted *= memory.keep(s, d, n);
			const found = memory.foreign(s);
			if (!found) continue;
			foreign += lasted * found[d * memory.states + n];
			break;
		}
	}
	return { words, foreign };
}

/** ln 2 / (Δ|A|), in words, of one state of a channel at one word's Δ. */
export const halfLifeOf = (memory: Memory, t: number, d: number, n: number): number =>
	Math.LN2 / (memory.delta(t, d) * Math.abs(memory.A(d, n)));
