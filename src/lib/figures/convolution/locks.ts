// A selective channel seen as a convolution: what x, k tokens ago, adds to y now. Selective, it is another kernel at every token; with
// Δ, B and C held it is one.

/** What makes a layer selective: each can be locked at its mean. */
export const LOCKS = ['delta', 'B', 'C'] as const;
export type Lock = (typeof LOCKS)[number];
export type Locks = Readonly<Record<Lock, boolean>>;

/** One channel of one layer, over a text of L tokens. */
export interface Channel {
	/** (L): Δ of this channel. */
	readonly delta: ArrayLike<number>;
	/** (N): A of this channel. */
	readonly A: ArrayLike<number>;
	/** (L, N): the same for all channels of the layer. */
	readonly B: ArrayLike<number>;
	readonly C: ArrayLike<number>;
}

/** The channel with what is locked held at its mean. */
export function locked(channel: Channel, locks: Locks): Channel {
	const { A } = channel;
	const L = channel.delta.length;
	const held = (values: ArrayLike<number>, width: number) => {
		const means = Array.from({ length: width }, (_, n) => {
			let sum = 0;
			for (let t = 0; t < L; t++) sum += values[t * width + n];
			return sum / L;
		});
		return Float64Array.from({ length: L * width }, (_, i) => means[i % width]);
	};
	return {
		A,
		delta: locks.delta ? held(channel.delta, 1) : channel.delta,
		B: locks.B ? held(channel.B, A.length) : channel.B,
		C: locks.C ? held(channel.C, A.length) : channel.C
	};
}

/** k ↦ C_t · Ā_t ⋯ Ā_{t−k+1} B̄_{t−k}, for k from 0 to t, with B̄ = ΔB as in the official code. Source: Gu and Dao 2023, equation 3a. */
export function kernelAt({ delta, A, B, C }: Channel, t: number): number[] {
	const N = A.length;
	return Array.from({ length: t + 1 }, (_, k) => {
		const source = t - k;
		let passed = 0;
		for (let s = source + 1; s <= t; s++) passed += delta[s];
		let sum = 0;
		for (let n = 0; n < N; n++) sum += C[t * N + n] * Math.exp(passed * A[n]) * B[source * N + n];
		return sum * delta[source];
	});
}

/** How alike two kernels are over the lags that both have: 1 for the same shape, whatever the size. */
export function likeness(a: readonly number[], b: readonly number[]): number {
	let [ab, aa, bb] = [0, 0, 0];
	for (let k = 0; k < Math.min(a.length, b.length); k++) {
		ab += a[k] * b[k];
		aa += a[k] * a[k];
		bb += b[k] * b[k];
	}
	return aa && bb ? ab / Math.sqrt(aa * bb) : 0;
}

/** 0…7: which locks are closed, Δ's as 1, B's as 2, C's as 4. */
export const numberOf = (locks: Locks): number =>
	LOCKS.reduce((sum, lock, i) => sum + (locks[lock] ? 1 << i : 0), 0);
export const locksOf = (number: number): Locks => ({
	delta: (number & 1) > 0,
	B: (number & 2) > 0,
	C: (number & 4) > 0
});
