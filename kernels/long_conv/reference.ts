// Causal convolution of each channel with a kernel as long as the text, in f64:
//
//   y_t = Σ_{s ≤ t} k_s x_{t−s} + D_skip x_t
//
// What a linear, time-invariant state-space model does when it is not run step by step: k_s = C Ā^s B̄ (Gu et al. 2022, equation 5).

export interface ReferenceInput {
	readonly batch: number;
	readonly length: number;
	readonly channels: number;
	/** L′, the length of the kernel. */
	readonly taps: number;
	/** (batch, L, D) */
	readonly x: ArrayLike<number>;
	/** (D, L′); the first tap meets the present token. */
	readonly kernel: ArrayLike<number>;
	/** (D) */
	readonly D_skip?: ArrayLike<number>;
}

/** y (batch, L, D). */
export function longConvReference(input: ReferenceInput): Float64Array {
	const { batch, length, channels, taps, x, kernel, D_skip } = input;
	const y = new Float64Array(batch * length * channels);
	for (let b = 0; b < batch; b++)
		for (let t = 0; t < length; t++)
			for (let d = 0; d < channels; d++) {
				const at = (s: number) => (b * length + s) * channels + d;
				let sum = (D_skip?.[d] ?? 0) * x[at(t)];
				for (let s = 0; s < taps && s <= t; s++) sum += kernel[d * taps + s] * x[at(t - s)];
				y[at(t)] = sum;
			}
	return y;
}
