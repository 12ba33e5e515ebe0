// A gated recurrent unit in f64. Cho et al. 2014, in the form of `torch.nn.GRU`, where the reset gate stands outside of the product:
//
//   r_t = σ(x^r_t + W_r h_{t−1} + b_r)            how much of the past the candidate sees
//   z_t = σ(x^z_t + W_z h_{t−1} + b_z)            how much of the past stays
//   n_t = tanh(x^n_t + r_t ⊙ (W_n h_{t−1} + b_n))   the candidate
//   h_t = (1 − z_t) ⊙ n_t + z_t ⊙ h_{t−1}
//
// x^r, x^z and x^n are the input's projections, their own bias added.

export interface ReferenceInput {
	readonly batch: number;
	readonly length: number;
	/** H */
	readonly units: number;
	/** (batch, L, 3H): for r, z and n side by side. */
	readonly x: ArrayLike<number>;
	/** (3H, H): W_r, W_z, W_n. */
	readonly weight: ArrayLike<number>;
	/** (3H): b_r, b_z, b_n. */
	readonly bias: ArrayLike<number>;
	/** (batch, H): h before the first token; zeros unless given. */
	readonly state?: ArrayLike<number>;
}

export interface ReferenceResult {
	/** (batch, L, H): every h. */
	readonly out: Float64Array;
	/** (batch, H): the last one. */
	readonly state: Float64Array;
}

const sigmoid = (v: number): number => 1 / (1 + Math.exp(-v));

export function gruReference(input: ReferenceInput): ReferenceResult {
	const { batch, length, units: H, x, weight, bias } = input;
	const out = new Float64Array(batch * length * H);
	const state = Float64Array.from(input.state ?? new Float64Array(batch * H));
	for (let b = 0; b < batch; b++) {
		let h = state.slice(b * H, (b + 1) * H);
		for (let t = 0; t < length; t++) {
			const past = (gate: number, i: number) =>
				h.reduce((sum, v, k) => sum + weight[(gate * H + i) * H + k] * v, bias[gate * H + i]);
			const now = (gate: number, i: number) => x[((b * length + t) * 3 + gate) * H + i];
			h = h.map((before, i) => {
				const r = sigmoid(now(0, i) + past(0, i));
				const z = sigmoid(now(1, i) + past(1, i));
				const n = Math.tanh(now(2, i) + r * past(2, i));
				return (1 - z) * n + z * before;
			});
			out.set(h, (b * length + t) * H);
		}
		state.set(h, b * H);
	}
	return { out, state };
}
