// The recording of "The parallel scan", as `npm run story` writes it: Ā and B̄x of one cell of a trained Mamba.
import type { Pair } from '#kernels/associative_scan/reference.ts';

/** recorded.json */
export interface RecordedScan {
	readonly made: {
		readonly by: string;
		readonly with: string;
		readonly model: string;
		/** sha256 of the weights. */
		readonly weights: string;
	};
	readonly text: string;
	readonly layer: number;
	readonly channel: number;
	readonly state: number;
	/** Place of the first recorded token in the text. */
	readonly first: number;
	/** The recorded tokens. */
	readonly words: readonly string[];
	/** Ā and B̄x of each, with three decimals. */
	readonly pairs: readonly (readonly [a: number, b: number])[];
}

/** One layer of a run; the arrays are row-major, time before channel. */
interface Traced {
	readonly channels: number;
	readonly states: number;
	/** (L, D) */
	readonly x: ArrayLike<number>;
	readonly delta: ArrayLike<number>;
	/** (L, N) */
	readonly B: ArrayLike<number>;
	/** (D, N) */
	readonly A: ArrayLike<number>;
}

/** Ā = e^{ΔA} and B̄x = ΔBx of one cell, as in the official code, for `count` tokens from `first` on. */
export function cellPairs(
	{ channels, states, x, delta, B, A }: Traced,
	channel: number,
	state: number,
	first: number,
	count: number
): Pair[] {
	return Array.from({ length: count }, (_, i) => {
		const token = first + i;
		const step = delta[token * channels + channel];
		return {
			a: Math.exp(step * A[channel * states + state]),
			b: step * B[token * states + state] * x[token * channels + channel]
		};
	});
}
