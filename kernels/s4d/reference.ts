// S4D, a diagonal state-space model, in f64: each channel has N numbers h_n, which turn and decay on their own and are read together.
//
//   h_n' = A_n h_n + B_n x      y = 2 Re Σ_n C_n h_n + D_skip x
//
// A_n is complex, and stands for its conjugate too: hence twice the real part. With real A_n (S4D-Real) y is the plain sum. Taken in
// steps of Δ, the model is a recurrence; unrolled, it is a convolution with the kernel K_l = 2 Re Σ_n C_n B̄_n Ā_nˡ. Both are here, and
// they are equal. Source: Gu, Gupta, Goel and Ré 2022, "On the Parameterization and Initialization of Diagonal State Space Models",
// section 3 and listing 1.
import { discretizeNumber } from '../discretize/reference.ts';
import { complex, plus, scale, times, ZERO, type Complex } from '../lib/complex.ts';

export type Rule = 'zoh' | 'bilinear';

/** What a model learns. */
export interface S4dParameters {
	/** D */
	readonly channels: number;
	/** N, numbers of state in a channel. */
	readonly states: number;
	/** (D, N): ln(−Re A), so that A decays whatever is learnt. */
	readonly log_A_real: ArrayLike<number>;
	/** (D, N): Im A. A model without it is real: then B and C hold one number where they hold (re, im) else. */
	readonly A_imag?: ArrayLike<number>;
	/** (D, N, 2), or (D, N) where real; 1 unless given. */
	readonly B?: ArrayLike<number>;
	/** (D, N, 2), or (D, N) where real. */
	readonly C: ArrayLike<number>;
	/** (D): ln Δ */
	readonly log_dt: ArrayLike<number>;
	/** From continuous to discrete time. */
	readonly rule: Rule;
}

/** One number of state in discrete time. */
export interface Mode {
	/** Ā */
	readonly keep: Complex;
	/** B̄ */
	readonly write: Complex;
	/** C, twice where it stands for its conjugate too. */
	readonly read: Complex;
}

/** The N modes of channel d. */
export function modesOf(model: S4dParameters, d: number): Mode[] {
	const { states, log_A_real, A_imag, B, C, log_dt, rule } = model;
	const entry = (values: ArrayLike<number>, i: number): Complex =>
		A_imag ? complex(values[2 * i], values[2 * i + 1]) : complex(values[i]);
	return Array.from({ length: states }, (_, n) => {
		const i = d * states + n;
		const A = complex(-Math.exp(log_A_real[i]), A_imag?.[i] ?? 0);
		const { keep, write } = discretizeNumber(A, Math.exp(log_dt[d]), rule);
		return {
			keep,
			write: B ? times(write, entry(B, i)) : write,
			read: scale(entry(C, i), A_imag ? 2 : 1)
		};
	});
}

/** The kernel of every channel, (D, L): K_l = Re Σ_n read_n · keep_nˡ · write_n, what comes out l steps after an impulse. */
export function s4dKernelReference(model: S4dParameters, length: number): Float64Array {
	const K = new Float64Array(model.channels * length);
	for (let d = 0; d < model.channels; d++)
		for (const { keep, write, read } of modesOf(model, d)) {
			let answer = times(read, write);
			for (let l = 0; l < length; l++) {
				K[d * length + l] += answer.re;
				answer = times(answer, keep);
			}
		}
	return K;
}

export interface ScanInput extends S4dParameters {
	readonly batch: number;
	readonly length: number;
	/** (batch, L, D) */
	readonly x: ArrayLike<number>;
	/** (D) */
	readonly D_skip?: ArrayLike<number>;
	/** (batch, D, N, 2), or (batch, D, N) where real: the state to begin with, zeros unless given. */
	readonly state?: ArrayLike<number>;
}

/** The recurrence h_t = Ā h_{t−1} + B̄ x_t: y (batch, L, D), and the last state, shaped as it came. */
export function s4dScanReference(input: ScanInput): {
	readonly y: Float64Array;
	readonly state: Float64Array;
} {
	const { batch, length, channels, states, x, D_skip } = input;
	const parts = input.A_imag ? 2 : 1;
	const y = new Float64Array(batch * length * channels);
	const state = new Float64Array(batch * channels * states * parts);
	for (let d = 0; d < channels; d++) {
		const modes = modesOf(input, d);
		for (let b = 0; b < batch; b++) {
			const first = (b * channels + d) * states * parts;
			const h = modes.map((_, n) =>
				input.state
					? complex(
							input.state[first + n * parts],
							parts === 2 ? input.state[first + n * parts + 1] : 0
						)
					: ZERO
			);
			for (let t = 0; t < length; t++) {
				const at = (b * length + t) * channels + d;
				let sum = (D_skip?.[d] ?? 0) * x[at];
				modes.forEach(({ keep, write, read }, n) => {
					h[n] = plus(times(keep, h[n]), scale(write, x[at]));
					sum += times(read, h[n]).re;
				});
				y[at] = sum;
			}
			h.forEach(({ re, im }, n) => {
				state[first + n * parts] = re;
				if (parts === 2) state[first + n * parts + 1] = im;
			});
		}
	}
	return { y, state };
}
