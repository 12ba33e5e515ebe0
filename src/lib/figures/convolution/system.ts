// A linear, time-invariant system with one input and one output, computed in its two ways.
import { complex, plus, scale, times, ZERO, type Complex } from '#kernels/lib/complex.ts';

/** One state: h_t = keep · h_{t−1} + x_t, and y reads Re(read · h). B̄ stands in `read`, where it makes no difference. */
export interface Mode {
	/** Ā */
	readonly keep: Complex;
	/** C · B̄ */
	readonly read: Complex;
}

/** K̄_k = Σ Re(C Ā^k B̄), k = 0…L − 1. Source: Gu et al. 2022, equation 5. */
export function kernelOf(modes: readonly Mode[], L: number): number[] {
	return sum(modes.map((mode) => termOf(mode, L)));
}

/** What one state adds to the kernel. */
export function termOf({ keep, read }: Mode, L: number): number[] {
	let power = read;
	return Array.from({ length: L }, (_, k) => {
		if (k > 0) power = times(power, keep);
		return power.re;
	});
}

/** Carry the states from step to step: y, and after each step the states. */
export function recurrence(
	modes: readonly Mode[],
	x: readonly number[]
): { y: number[]; states: Complex[][] } {
	let h = modes.map(() => ZERO);
	const states: Complex[][] = [];
	const y = x.map((input) => {
		h = h.map((state, n) => plus(times(modes[n].keep, state), complex(input)));
		states.push(h);
		return h.reduce((total, state, n) => total + times(modes[n].read, state).re, 0);
	});
	return { y, states };
}

/** y_t = Σ_k K̄_k x_{t−k}: look back over everything at each step. */
export function convolution(kernel: readonly number[], x: readonly number[]): number[] {
	return x.map((_, t) => {
		let y = 0;
		for (let k = 0; k <= t; k++) y += kernel[k] * x[t - k];
		return y;
	});
}

/** K̄_{t−j} x_j for j = 0…t. */
export const products = (kernel: readonly number[], x: readonly number[], t: number): number[] =>
	Array.from({ length: t + 1 }, (_, j) => (kernel[t - j] ?? 0) * x[j]);

export const largestDifference = (a: readonly number[], b: readonly number[]): number =>
	a.reduce((most, value, i) => Math.max(most, Math.abs(value - b[i])), 0);

const sum = (rows: readonly number[][]): number[] =>
	(rows[0] ?? []).map((_, k) => rows.reduce((total, row) => total + row[k], 0));

/** A state of continuous time by zero-order hold, with B = 1 and C so large that its kernel begins at `first`. */
export function modeOf(lambda: Complex, delta: number, first: number): Mode {
	const size = Math.exp(delta * lambda.re);
	const angle = delta * lambda.im;
	return {
		keep: complex(size * Math.cos(angle), size * Math.sin(angle)),
		read: scale(complex(1), first)
	};
}

/** Multiplications of one channel with a text of L tokens. */
export const counted = {
	/** Each token meets all before it. */
	direct: (L: number): number => (L * (L + 1)) / 2,
	/** N products for Ā h, N for the read-out; B̄ is taken into C. */
	recurrence: (L: number, N: number): number => 2 * N * L,
	/**
	 * Three transforms of 2L points, rounded up to a power of two: log₂ n / 2 butterflies a point with a complex product of four
	 * multiplications each, and n complex products between them.
	 */
	fft: (L: number): number => {
		const n = 2 ** Math.ceil(Math.log2(2 * L));
		return 3 * 4 * (n / 2) * Math.log2(n) + 4 * n;
	}
};
