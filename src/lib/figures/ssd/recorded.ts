// The recordings of "Mamba-2 on one page", as `npm run story` writes them: one layer over a short text, and one head's matrix over a
// longer one.
import { unpackNumbers, type Packed } from '../convolution/recorded.ts';
import { pack, unpack } from '../pack.ts';
import { unpackWeights } from '../price/attention.ts';
import type { Head } from './forms.ts';

export interface Made {
	readonly by: string;
	readonly with: string;
	readonly model: string;
	/** sha256 of the weights. */
	readonly weights: string;
	/** The Transformer beside it. */
	readonly beside: string;
	readonly besideWeights: string;
}

/** recorded.json */
export interface RecordedLayer {
	readonly made: Made;
	readonly text: string;
	/** Its tokens. */
	readonly words: readonly string[];
	readonly layer: number;
	readonly head: number;
	/** The channel of the head, and the token before the last, that the figures begin with. */
	readonly channel: number;
	readonly token: number;
	readonly headDim: number;
	readonly stateSize: number;
	/** Of each head. */
	readonly A: readonly number[];
	/** (L, H) */
	readonly delta: Packed;
	/** (L, N), the same for all heads. */
	readonly B: Packed;
	readonly C: Packed;
	/** (L, P) of the head. */
	readonly x: Packed;
	/** The largest differences from what the processor's kernel made of the same layer, and its largest output. */
	readonly kernel: { readonly difference: number; readonly largest: number };
	/** A head of the Transformer over the same text. */
	readonly attention: { readonly layer: number; readonly head: number; readonly weights: string };
}

/** rank.json */
export interface RecordedRank {
	readonly made: Made;
	readonly text: string;
	readonly words: readonly string[];
	readonly layer: number;
	readonly head: number;
	readonly stateSize: number;
	readonly attention: { readonly layer: number; readonly head: number };
	/** The head's matrix on and below its diagonal, row after row. */
	readonly largest: number;
	readonly matrix: string;
	/** Where the text is cut in two. */
	readonly cuts: readonly number[];
	/** By cut: singular values of the block below, in the head's matrix and in the attention's. */
	readonly ssd: readonly PackedFall[];
	readonly softmax: readonly PackedFall[];
}

/** Falling numbers over many powers of ten. */
export interface PackedFall {
	readonly largest: number;
	/** Of each, how many ten-thousandths of a power of ten it lies below the largest; three letters each. */
	readonly codes: string;
}

const LOWEST = 64 ** 3 - 1;

export const packFall = (values: readonly number[]): PackedFall => ({
	largest: values[0],
	codes: pack(
		values.map((v) =>
			v > 0 ? Math.min(LOWEST, Math.max(0, Math.round(-1e4 * Math.log10(v / values[0])))) : LOWEST
		),
		3
	)
});
export const unpackFall = ({ largest, codes }: PackedFall): number[] =>
	unpack(codes, 3).map((code) => largest * 10 ** (-code / 1e4));

const HALF = 64 ** 2 / 2 - 1;

/** The lower triangle of a matrix of `size` rows: signed, two letters each. */
export const packTriangle = (matrix: ArrayLike<number>, size: number, largest: number): string => {
	const codes: number[] = [];
	for (let t = 0; t < size; t++)
		for (let j = 0; j <= t; j++)
			codes.push(HALF + Math.round((matrix[t * size + j] / (largest || 1)) * HALF));
	return pack(codes, 2);
};
export function unpackTriangle(packed: string, size: number, largest: number): Float64Array {
	const matrix = new Float64Array(size * size);
	const codes = unpack(packed, 2);
	for (let t = 0, at = 0; t < size; t++)
		for (let j = 0; j <= t; j++, at++) matrix[t * size + j] = ((codes[at] - HALF) / HALF) * largest;
	return matrix;
}

/** A layer over a text, as the figures take it: recorded, or read just now. */
export interface Layer {
	readonly words: readonly string[];
	readonly headDim: number;
	readonly stateSize: number;
	readonly A: readonly number[];
	/** (L, H) */
	readonly delta: ArrayLike<number>;
	readonly B: ArrayLike<number>;
	readonly C: ArrayLike<number>;
	/** (L, P) of the head that is looked at. */
	readonly x: ArrayLike<number>;
	/** Whom the Transformer's head looks at; empty where it was not asked. */
	readonly attention: readonly (readonly number[])[];
}

export const layerOf = (recorded: RecordedLayer): Layer => ({
	words: recorded.words,
	headDim: recorded.headDim,
	stateSize: recorded.stateSize,
	A: recorded.A,
	delta: unpackNumbers(recorded.delta),
	B: unpackNumbers(recorded.B),
	C: unpackNumbers(recorded.C),
	x: unpackNumbers(recorded.x),
	attention: unpackWeights(recorded.attention.weights)
});

/** One of its heads. Its x is that of the head that is looked at; the matrix needs none. */
export function headOf(layer: Layer, head: number): Head {
	const { A, delta, B, C, x, headDim, stateSize, words } = layer;
	const L = words.length;
	return {
		...{ headDim, stateSize, x, B, C },
		A: A[head],
		delta: Float64Array.from({ length: L }, (_, t) => delta[t * A.length + head])
	};
}
