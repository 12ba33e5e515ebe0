// The selective scan as in the paper, token by token, in f64: the plain statement that every fast version is held to.
//
//   Δ_t = softplus(δ_t + bias),  A = −exp(A_log)
//   h_t = keep_t · Ā_t · h_{t−1} + write_t · B̄_t · x_t
//   y_t = C_t · h_t + D_skip · x_t,   out_t = y_t · silu(z_t)
//
// Δ, B and C change from token to token, as in Algorithm 2 of the paper; or any of them is a constant of each channel, and with all
// three constant this is S4 of Algorithm 1. Source: Gu and Dao, Mamba (2023), section 3.3; `selective_scan_ref` of state-spaces/mamba. Where it
// deviates: the official code discretises A by zero-order hold and B by Euler's rule; the other three rules discretise both.

/** How Ā and B̄ are made from Δ, A and B. `official` is what Mamba's code does; the others do what their names say. */
export type Discretisation = 'official' | 'zoh' | 'bilinear' | 'euler';

/** Row-major arrays. L is the length, D the number of channels, N the state size. */
export interface ReferenceInput {
	readonly batch: number;
	readonly length: number;
	readonly channels: number;
	readonly states: number;
	/** (batch, L, D) */
	readonly x: ArrayLike<number>;
	/** Which of Δ, B and C are constants, the same at every token. None unless told. */
	readonly constant?: readonly ('delta' | 'B' | 'C')[];
	/** (batch, L, D), or (D) where constant */
	readonly delta: ArrayLike<number>;
	/** (D) */
	readonly deltaBias?: ArrayLike<number>;
	readonly deltaSoftplus?: boolean;
	/** (D): Δ itself, after softplus. A negative entry leaves its channel free. */
	readonly deltaFrozen?: ArrayLike<number>;
	/** (D, N) */
	readonly A_log: ArrayLike<number>;
	/** (batch, L, N), or (D, N) where constant */
	readonly B: ArrayLike<number>;
	/** (batch, L, N), or (D, N) where constant */
	readonly C: ArrayLike<number>;
	/** (D) */
	readonly D_skip?: ArrayLike<number>;
	/** (batch, L, D) */
	readonly z?: ArrayLike<number>;
	/** (batch, D, N): the state before the first token; zeros unless given. */
	readonly state?: ArrayLike<number>;
	/** (batch, L, 2): write multiplier, keep multiplier. */
	readonly edits?: ArrayLike<number>;
	readonly discretisation?: Discretisation;
}

export interface ReferenceResult {
	/** (batch, L, D): before the gate. */
	readonly y: Float64Array;
	/** (batch, L, D): after the gate. */
	readonly out: Float64Array;
	/** (batch, L, D): after bias, softplus and freezing. */
	readonly delta: Float64Array;
	/** (batch, L, D, N) */
	readonly states: Float64Array;
	/** (batch, D, N): after the last token. */
	readonly state: Float64Array;
}

/** Ā and B̄ / B of one state of one channel at one token. */
export function discretise(
	rule: Discretisation,
	delta: number,
	A: number
): { A_bar: number; B_bar: number } {
	switch (rule) {
		case 'official':
			return { A_bar: Math.exp(delta * A), B_bar: delta };
		case 'zoh':
			return { A_bar: Math.exp(delta * A), B_bar: A === 0 ? delta : Math.expm1(delta * A) / A };
		case 'bilinear':
			return {
				A_bar: (1 + (delta * A) / 2) / (1 - (delta * A) / 2),
				B_bar: delta / (1 - (delta * A) / 2)
			};
		case 'euler':
			return { A_bar: 1 + delta * A, B_bar: delta };
	}
}

export function selectiveScanReference(input: ReferenceInput): ReferenceResult {
	const { batch, length, channels, states } = input;
	const rule = input.discretisation ?? 'official';
	const tokens = batch * length;
	const constant = new Set(input.constant);
	const result = {
		y: new Float64Array(tokens * channels),
		out: new Float64Array(tokens * channels),
		delta: new Float64Array(tokens * channels),
		states: new Float64Array(tokens * channels * states),
		state: Float64Array.from(input.state ?? new Float64Array(batch * channels * states))
	};
	for (let b = 0; b < batch; b++) {
		for (let t = 0; t < length; t++) {
			const token = b * length + t;
			const write = input.edits ? input.edits[2 * token] : 1;
			const keep = input.edits ? input.edits[2 * token + 1] : 1;
			for (let d = 0; d < channels; d++) {
				const at = token * channels + d;
				const x = input.x[at];
				const delta = stepSize(input, input.delta[constant.has('delta') ? d : at], d);
				let y = (input.D_skip?.[d] ?? 0) * x;
				for (let n = 0; n < states; n++) {
					const A = -Math.exp(input.A_log[d * states + n]);
					const { A_bar, B_bar } = discretise(rule, delta, A);
					const cell = (b * channels + d) * states + n;
					const B = input.B[(constant.has('B') ? d : token) * states + n];
					const C = input.C[(constant.has('C') ? d : token) * states + n];
					const h = keep * A_bar * result.state[cell] + write * B_bar * B * x;
					result.state[cell] = h;
					result.states[at * states + n] = h;
					y += C * h;
				}
				result.delta[at] = delta;
				result.y[at] = y;
				result.out[at] = input.z ? (y * input.z[at]) / (1 + Math.exp(-input.z[at])) : y;
			}
		}
	}
	return result;
}

function stepSize(input: ReferenceInput, delta: number, d: number): number {
	if (input.deltaFrozen && input.deltaFrozen[d] >= 0) return input.deltaFrozen[d];
	const raw = delta + (input.deltaBias?.[d] ?? 0);
	if (!input.deltaSoftplus) return raw;
	return Math.max(raw, 0) + Math.log1p(Math.exp(-Math.abs(raw)));
}
