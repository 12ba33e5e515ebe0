// The recordings of "One system, two computations", as `npm run story` writes them.
import { pack, unpack } from '../pack.ts';
import type { Channel } from './locks.ts';

export interface LockedRun {
	/** Mean over the text's tokens but the first, in nats. */
	readonly loss: number;
	readonly next: readonly { readonly word: string; readonly p: number }[];
	readonly written: string;
}

/** locks.json */
export interface RecordedLocks {
	readonly made: {
		readonly by: string;
		readonly with: string;
		readonly model: string;
		/** sha256 of the weights. */
		readonly weights: string;
	};
	readonly text: string;
	/** Its tokens. */
	readonly words: readonly string[];
	readonly layer: number;
	readonly layers: number;
	readonly channel: number;
	readonly states: number;
	/** Packed numbers of the channel. */
	readonly A: Packed;
	readonly delta: Packed;
	readonly B: Packed;
	readonly C: Packed;
	/** By the number of the locks: in this layer, and in all. */
	readonly one: readonly LockedRun[];
	readonly all: readonly LockedRun[];
	/** With all three locked: the layer's y by the scan and by the Fourier transform, over all channels. */
	readonly convolution: { readonly difference: number; readonly largest: number };
	/** Loss of text that was held out, by the number of the locks. */
	readonly heldOut: {
		readonly tokens: number;
		readonly window: number;
		readonly one: readonly number[];
		readonly all: readonly number[];
	};
}

/** Numbers as whole multiples of a step, three letters each. */
export interface Packed {
	readonly largest: number;
	readonly codes: string;
}

const HALF = 64 ** 3 / 2 - 1;

export function packNumbers(values: ArrayLike<number>): Packed {
	const numbers = Array.from(values);
	const largest = numbers.reduce((most, v) => Math.max(most, Math.abs(v)), 0);
	const code = (v: number) => HALF + Math.round((v / (largest || 1)) * HALF);
	return { largest, codes: pack(numbers.map(code), 3) };
}

export const unpackNumbers = ({ largest, codes }: Packed): number[] =>
	unpack(codes, 3).map((code) => ((code - HALF) / HALF) * largest);

export const channelOf = (recorded: RecordedLocks): Channel => ({
	A: unpackNumbers(recorded.A),
	delta: unpackNumbers(recorded.delta),
	B: unpackNumbers(recorded.B),
	C: unpackNumbers(recorded.C)
});

/** kernels.json: trained channels as sums of real modes. */
export interface RecordedKernels {
	readonly made: { readonly by: string; readonly model: string; readonly weights: string };
	readonly channels: readonly {
		readonly layer: number;
		readonly channel: number;
		readonly delta: number;
		/** The mean lag, each lag weighted by what the kernel has there. */
		readonly reach: number;
		/** Ā and C·B̄ of each state. */
		readonly keep: readonly number[];
		readonly read: readonly number[];
	}[];
}
