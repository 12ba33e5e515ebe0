// The edited scan token by token, in f64: the recurrence of Mamba and of Mamba-2 with everything that an experiment may do to it.
//
//   s = source[d],  its head and its group with it
//   Δ_t = scale_t · (frozen or given Δ_t)  of a head
//   h_t[d] = keep_t · Ā_t[s] · h_{t−1}[d] + write_t · B̄_t[s] · x_t[s],  then what is held takes its value
//   y_t[d] = C_t[d] · h_t[d] + D_skip[d] · x_t[d],   out_t = y_t · silu(z_t)
//
// Source: Gu and Dao, Mamba (2023), Algorithm 2; Dao and Gu, Transformers are SSMs (2024), equation 2. Where it deviates: all that
// is an edit is ours. Mamba is this with heads of one channel, one group and A (D, N); Mamba-2 has A (H).
import { discretise, type Discretisation } from '../selective_scan/reference.ts';

/** Row-major arrays. L is the length, D the channels, H the heads, P = D / H the size of a head, G the groups, N the state size. */
export interface EditedInput {
	readonly batch: number;
	readonly length: number;
	readonly channels: number;
	readonly states: number;
	/** P: 1 unless told. */
	readonly headDim?: number;
	/** G: 1 unless told. */
	readonly groups?: number;
	/** (batch, L, D) */
	readonly x: ArrayLike<number>;
	/** (batch, L, H), ready for use */
	readonly delta: ArrayLike<number>;
	/** (H, N), or (H): one number for all states of a head */
	readonly A_log: ArrayLike<number>;
	/** Which of B and C are constants of each channel. None unless told. */
	readonly constant?: readonly ('B' | 'C')[];
	/** (batch, L, G · N), or (D, N) where constant */
	readonly B: ArrayLike<number>;
	readonly C: ArrayLike<number>;
	/** (H) */
	readonly D_skip?: ArrayLike<number>;
	/** (batch, L, D) */
	readonly z?: ArrayLike<number>;
	/** (batch, D, N): the state before the first token; zeros unless given. */
	readonly state?: ArrayLike<number>;
	/** (batch, L, 2): write multiplier, keep multiplier. */
	readonly edits?: ArrayLike<number>;
	/** (batch, L): multiplies Δ, frozen or not. */
	readonly deltaScale?: ArrayLike<number>;
	/** (H): takes the place of Δ. A negative entry leaves its head free. */
	readonly deltaFrozen?: ArrayLike<number>;
	/** (D): the channel whose x, Δ, A and B drive the state of each channel. */
	readonly source?: ArrayLike<number>;
	/** (D, N, 2): whether a number of the state is held (not 0), and at what. */
	readonly held?: ArrayLike<number>;
	readonly discretisation?: Discretisation;
}

export interface EditedResult {
	/** (batch, L, D): before the gate. */
	readonly y: Float64Array;
	/** (batch, L, D): after the gate. */
	readonly out: Float64Array;
	/** (batch, L, H): frozen and scaled. */
	readonly delta: Float64Array;
	/** (batch, L, D, N) */
	readonly states: Float64Array;
	/** (batch, D, N): after the last token. */
	readonly state: Float64Array;
}

export function editedScanReference(input: EditedInput): EditedResult {
	const { batch, length, channels, states, headDim = 1, groups = 1 } = input;
	const heads = channels / headDim;
	const tokens = batch * length;
	const oneA = input.A_log.length === heads && states > 1;
	const constant = new Set(input.constant);
	const groupOf = (d: number) => Math.floor(d / (channels / groups));
	const result = {
		y: new Float64Array(tokens * channels),
		out: new Float64Array(tokens * channels),
		delta: new Float64Array(tokens * heads),
		states: new Float64Array(tokens * channels * states),
		state: Float64Array.from(input.state ?? new Float64Array(batch * channels * states))
	};
	for (let token = 0; token < tokens; token++) {
		const b = Math.floor(token / length);
		const write = input.edits?.[2 * token] ?? 1;
		const keep = input.edits?.[2 * token + 1] ?? 1;
		for (let head = 0; head < heads; head++) {
			const frozen = input.deltaFrozen?.[head] ?? -1;
			const delta = frozen >= 0 ? frozen : input.delta[token * heads + head];
			result.delta[token * heads + head] = delta * (input.deltaScale?.[token] ?? 1);
		}
		for (let d = 0; d < channels; d++) {
			const at = token * channels + d;
			const source = input.source?.[d] ?? d;
			const head = Math.floor(source / headDim);
			const delta = result.delta[token * heads + head];
			let y = (input.D_skip?.[Math.floor(d / headDim)] ?? 0) * input.x[at];
			for (let n = 0; n < states; n++) {
				const A = -Math.exp(input.A_log[oneA ? head : head * states + n]);
				const { A_bar, B_bar } = discretise(input.discretisation ?? 'official', delta, A);
				const selected = (letter: 'B' | 'C', channel: number) =>
					input[letter][
						(constant.has(letter) ? channel : token * groups + groupOf(channel)) * states + n
					];
				const cell = (b * channels + d) * states + n;
				const x = input.x[token * channels + source];
				let h = keep * A_bar * result.state[cell] + write * B_bar * selected('B', source) * x;
				const hold = 2 * (d * states + n);
				if (input.held && input.held[hold] !== 0) h = input.held[hold + 1];
				result.state[cell] = h;
				result.states[at * states + n] = h;
				y += selected('C', d) * h;
			}
			result.y[at] = y;
			result.out[at] = input.z ? (y * input.z[at]) / (1 + Math.exp(-input.z[at])) : y;
		}
	}
	return result;
}
