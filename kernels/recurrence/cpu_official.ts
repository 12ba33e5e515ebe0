// The way back through a recurrence of the official rule (Ā = e^(ΔA), B̄ = ΔB) with B and C of each token: the one that models train
// with, several times as fast as the general one. A channel at a time; decays and states of its tokens are kept from the way there.
import { exp2Steps, LOG2E_STEPS } from '../lib/exp.ts';
import type { RecurrenceCpu } from './cpu.ts';

/** Sums over channels and tokens, in f64. */
export interface RecurrenceSums {
	/** As A_log. */
	readonly dA: Float64Array;
	/** (channels / sharing) */
	readonly dSkip: Float64Array;
	/** (batch, L, channels / sharing) */
	readonly dDelta: Float64Array;
	/** (batch, L, groups · N) */
	readonly dB: Float64Array;
	readonly dC: Float64Array;
}

/** Writes y and dx, and adds to the sums. */
export function officialBackwardCpu(
	given: RecurrenceCpu,
	BC: Float32Array,
	A: Float64Array,
	sums: RecurrenceSums
): void {
	const { batch, length, channels, states, sharing, groups, oneA, delta, x, skip, dy, y } = given;
	const { bcWidth, bFrom, cFrom, dx } = given;
	const { dA, dSkip, dDelta, dB, dC } = sums;
	const steps = channels / sharing;
	const shared = groups * states;
	const h = new Float64Array((length + 1) * states);
	const decays = new Float64Array(length * states);
	const back = new Float64Array(states);
	const toA = new Float64Array(states);
	const rates = new Float64Array(states);
	for (let b = 0; b < batch; b++)
		for (let d = 0; d < channels; d++) {
			const share = Math.floor(d / sharing);
			const group = Math.floor(d / (channels / groups)) * states;
			for (let n = 0; n < states; n++) rates[n] = A[oneA ? share : d * states + n];
			h.fill(0, 0, states);
			for (let t = 0; t < length; t++) {
				const token = b * length + t;
				const step = delta[token * steps + share];
				const u = step * x.data[token * x.width + x.from + d];
				const bAt = token * bcWidth + bFrom + group;
				const cAt = token * bcWidth + cFrom + group;
				const scaled = step * LOG2E_STEPS;
				const at = t * states;
				let decay = exp2Steps(scaled * rates[0]);
				let sum = 0;
				for (let n = 0; n < states; n++) {
					if (!oneA) decay = exp2Steps(scaled * rates[n]);
					const next = decay * h[at + n] + u * BC[bAt + n];
					decays[at + n] = decay;
					h[at + states + n] = next;
					sum += BC[cAt + n] * next;
				}
				y[token * channels + d] = sum;
			}
			back.fill(0);
			toA.fill(0);
			let toSkip = 0;
			for (let t = length - 1; t >= 0; t--) {
				const token = b * length + t;
				const step = delta[token * steps + share];
				const x_t = x.data[token * x.width + x.from + d];
				const above = dy[token * channels + d];
				const bAt = token * bcWidth + bFrom + group;
				const cAt = token * bcWidth + cFrom + group;
				const to = token * shared + group;
				const at = t * states;
				const u = step * x_t;
				let written = 0;
				let kept = 0;
				for (let n = 0; n < states; n++) {
					const g = back[n] + above * BC[cAt + n];
					const carried = g * decays[at + n];
					const slope = carried * h[at + n];
					written += g * BC[bAt + n];
					kept += slope * rates[n];
					toA[n] += slope * step;
					dB[to + n] += g * u;
					dC[to + n] += above * h[at + states + n];
					back[n] = carried;
				}
				if (dx)
					dx[token * x.width + x.from + d] = step * written + (skip ? above * skip[share] : 0);
				dDelta[token * steps + share] += kept + written * x_t;
				toSkip += above * x_t;
			}
			for (let n = 0; n < states; n++) dA[oneA ? share : d * states + n] += toA[n];
			dSkip[share] += toSkip;
		}
}
