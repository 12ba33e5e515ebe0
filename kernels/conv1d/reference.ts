// Causal depthwise convolution and SiLU, in f64: each channel is a weighted sum of its own last K inputs.
//
//   conv_t = silu(bias + Σ_k weight_k · u_{t−K+1+k})
//
// Inputs before the first token come from the carried state. Source: `causal_conv1d_ref` of Dao-AILab/causal-conv1d.

export interface ReferenceInput {
	readonly batch: number;
	readonly length: number;
	readonly channels: number;
	/** K, the number of taps. */
	readonly taps: number;
	/** (batch, L, D) */
	readonly x: ArrayLike<number>;
	/** (D, 1, K); the last tap meets the present token. */
	readonly weight: ArrayLike<number>;
	/** (D) */
	readonly bias?: ArrayLike<number>;
	/** (batch, D, K − 1): the inputs before the first token, oldest first; zeros unless given. */
	readonly state?: ArrayLike<number>;
	/** SiLU unless told. */
	readonly activation?: 'silu' | 'none';
}

export interface ReferenceResult {
	/** (batch, L, D) */
	readonly out: Float64Array;
	/** (batch, D, K − 1): the last inputs. */
	readonly state: Float64Array;
}

export function conv1dSiluReference(input: ReferenceInput): ReferenceResult {
	const { batch, length, channels, taps } = input;
	const before = taps - 1;
	const out = new Float64Array(batch * length * channels);
	const state = new Float64Array(batch * channels * before);
	for (let b = 0; b < batch; b++) {
		for (let d = 0; d < channels; d++) {
			const carried = (b * channels + d) * before;
			const inputAt = (t: number): number =>
				t < 0
					? (input.state?.[carried + before + t] ?? 0)
					: input.x[(b * length + t) * channels + d];
			for (let t = 0; t < length; t++) {
				let sum = input.bias?.[d] ?? 0;
				for (let k = 0; k < taps; k++) sum += input.weight[d * taps + k] * inputAt(t - before + k);
				out[(b * length + t) * channels + d] =
					input.activation === 'none' ? sum : sum / (1 + Math.exp(-sum));
			}
			for (let i = 0; i < before; i++) state[carried + i] = inputAt(length - before + i);
		}
	}
	return { out, state };
}
