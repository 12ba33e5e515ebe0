// Inputs of SSD that its tests share.
import type { SsdReference } from '#kernels/ssd/reference.ts';

/** Numbers in (−1, 1) that a seed decides. */
export function stream(seed: number): () => number {
	let state = seed >>> 0;
	return () => {
		state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
		return (state / 2 ** 32) * 2 - 1;
	};
}
export const numbers = (count: number, next: () => number) =>
	Float32Array.from({ length: count }, next);

export interface Sizes {
	readonly batch?: number;
	readonly length: number;
	readonly heads?: number;
	readonly headDim?: number;
	readonly groups?: number;
	readonly stateSize?: number;
	/** Where a state is carried. */
	readonly carried?: boolean;
}

export function inputOf(sizes: Sizes, seed: number): SsdReference {
	const { batch = 2, length, heads = 4, headDim = 8, groups = 2, stateSize = 5 } = sizes;
	const next = stream(seed);
	const count = batch * length;
	return {
		...{ batch, length, heads, headDim, groups, stateSize },
		x: numbers(count * heads * headDim, next),
		dt: numbers(count * heads, () => 2 * next()),
		dtBias: numbers(heads, next),
		dtSoftplus: true,
		dtLimits: [0.05, 1.5],
		// Every other head forgets slowly enough for what lies a hundred tokens back to matter.
		A_log: numbers(heads, next).map((a, head) => (head % 2 ? a : a - 4)),
		B: numbers(count * groups * stateSize, next),
		C: numbers(count * groups * stateSize, next),
		D_skip: numbers(heads, next),
		...(sizes.carried && { state: numbers(batch * heads * headDim * stateSize, next) })
	};
}

/** Rows of two tensors side by side. */
export function beside(a: ArrayLike<number>, b: ArrayLike<number>, rows: number): Float32Array {
	const [wide, narrow] = [a.length / rows, b.length / rows];
	return Float32Array.from({ length: a.length + b.length }, (_, i) => {
		const row = Math.floor(i / (wide + narrow));
		const column = i % (wide + narrow);
		return column < wide ? a[row * wide + column] : b[row * narrow + column - wide];
	});
}
