// Mamba-2's state-space duality by its recurrence, in plain float64: Dao and Gu 2024, Transformers are SSMs, equation 2 with a
// scalar A for each head; where transformers' code goes further (bias, softplus and limits of Δ, skip), so does this.

export interface SsdReference {
	readonly batch: number;
	readonly length: number;
	readonly heads: number;
	readonly headDim: number;
	readonly groups: number;
	readonly stateSize: number;
	/** (batch, L, H · P) */
	readonly x: ArrayLike<number>;
	/** (batch, L, H) */
	readonly dt: ArrayLike<number>;
	/** (H) */
	readonly dtBias?: ArrayLike<number>;
	readonly dtSoftplus?: boolean;
	readonly dtLimits?: readonly [least: number, most: number];
	/** (H) */
	readonly A_log: ArrayLike<number>;
	/** (batch, L, G · N) */
	readonly B: ArrayLike<number>;
	/** (batch, L, G · N) */
	readonly C: ArrayLike<number>;
	/** (H) */
	readonly D_skip?: ArrayLike<number>;
	/** (batch, H, P, N): zeros unless given. */
	readonly state?: ArrayLike<number>;
}

/** y (batch, L, H · P) and the state (batch, H, P, N) after the last token. */
export function ssdReference(input: SsdReference): { y: Float64Array; state: Float64Array } {
	const { batch, length, heads: H, headDim: P, groups: G, stateSize: N } = input;
	const y = new Float64Array(batch * length * H * P);
	const state = Float64Array.from(input.state ?? new Float64Array(batch * H * P * N));
	const [least, most] = input.dtLimits ?? [-Infinity, Infinity];
	for (let b = 0; b < batch; b++)
		for (let t = 0; t < length; t++)
			for (let head = 0; head < H; head++) {
				const token = b * length + t;
				const raw = input.dt[token * H + head] + (input.dtBias?.[head] ?? 0);
				const step = input.dtSoftplus
					? Math.max(raw, 0) + Math.log1p(Math.exp(-Math.abs(raw)))
					: raw;
				const delta = Math.min(Math.max(step, least), most);
				const decay = Math.exp(-delta * Math.exp(input.A_log[head]));
				const group = (token * G + Math.floor(head / (H / G))) * N;
				for (let p = 0; p < P; p++) {
					const at = (token * H + head) * P + p;
					const cell = ((b * H + head) * P + p) * N;
					y[at] = (input.D_skip?.[head] ?? 0) * input.x[at];
					for (let n = 0; n < N; n++) {
						state[cell + n] = decay * state[cell + n] + delta * input.B[group + n] * input.x[at];
						y[at] += input.C[group + n] * state[cell + n];
					}
				}
			}
	return { y, state };
}
