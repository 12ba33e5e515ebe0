// The way back through a recurrence on the processor: a channel at a time, all its states at hand, in f64.
import { officialBackwardCpu } from './cpu_official.ts';
import { discretise, type Rule } from './rules.ts';

export interface RecurrenceCpu {
	readonly batch: number;
	readonly length: number;
	readonly channels: number;
	readonly states: number;
	readonly sharing: number;
	readonly groups: number;
	readonly oneA: boolean;
	readonly rule: Rule;
	readonly x: { readonly data: Float32Array; readonly width: number; readonly from: number };
	readonly delta: Float32Array;
	readonly A_log: Float32Array;
	/** Null where B and C are constants. */
	readonly BC: Float32Array | null;
	readonly bcWidth: number;
	readonly bFrom: number;
	readonly cFrom: number;
	/** (D, N) */
	readonly constantB: Float32Array | null;
	readonly constantC: Float32Array | null;
	readonly skip: Float32Array | null;
	readonly dy: Float32Array;
	/** (batch, L, D): C · h. */
	readonly y: Float32Array;
	/** Laid out like x, delta, A_log, BC and skip; null where nobody asks. */
	readonly dx: Float32Array | null;
	readonly dDelta: Float32Array | null;
	readonly dA_log: Float32Array | null;
	readonly dB: Float32Array | null;
	readonly dC: Float32Array | null;
	readonly dConstantB: Float32Array | null;
	readonly dConstantC: Float32Array | null;
	readonly dSkip: Float32Array | null;
}

export function recurrenceBackwardCpu(given: RecurrenceCpu): void {
	const { batch, length, channels, states, sharing, groups, oneA, rule, x, delta } = given;
	const { A_log, bcWidth, bFrom, cFrom, constantB, constantC, skip, dy, y, dx } = given;
	const BC = given.BC ?? new Float32Array();
	const steps = channels / sharing;
	const h = new Float64Array((length + 1) * states);
	const A_bars = new Float64Array(states);
	const dA = new Float64Array(A_log.length);
	const dSkip = new Float64Array(steps);
	const dDelta = new Float64Array(batch * length * steps);
	const shared = groups * states;
	const dB = new Float64Array(batch * length * shared);
	const dC = new Float64Array(batch * length * shared);
	const dConstantB = new Float64Array(constantB ? channels * states : 0);
	const dConstantC = new Float64Array(constantC ? channels * states : 0);
	const A = Float64Array.from(A_log, (value) => -Math.exp(value));
	const usual = rule === 'official' && given.BC && !constantB && !constantC;
	if (usual) officialBackwardCpu(given, BC, A, { dA, dSkip, dDelta, dB, dC });
	for (let b = 0; b < batch && !usual; b++)
		for (let d = 0; d < channels; d++) {
			const share = Math.floor(d / sharing);
			const group = Math.floor(d / (channels / groups)) * states;
			const cell = d * states;
			const aAt = (n: number) => (oneA ? share : cell + n);
			const B_at = (token: number, n: number) =>
				constantB ? constantB[cell + n] : BC[token * bcWidth + bFrom + group + n];
			const C_at = (token: number, n: number) =>
				constantC ? constantC[cell + n] : BC[token * bcWidth + cFrom + group + n];
			h.fill(0, 0, states);
			for (let t = 0; t < length; t++) {
				const token = b * length + t;
				const step = delta[token * steps + share];
				const u = step * x.data[token * x.width + x.from + d];
				let sum = 0;
				for (let n = 0; n < states; n++) {
					const { A_bar, gain } = discretise(rule, step * A[aAt(n)]);
					const next = A_bar * h[t * states + n] + u * gain * B_at(token, n);
					h[(t + 1) * states + n] = next;
					sum += C_at(token, n) * next;
				}
				y[token * channels + d] = sum;
			}
			const back = A_bars.fill(0);
			for (let t = length - 1; t >= 0; t--) {
				const token = b * length + t;
				const step = delta[token * steps + share];
				const x_t = x.data[token * x.width + x.from + d];
				const above = dy[token * channels + d];
				let toX = skip ? above * skip[share] : 0;
				let toStep = 0;
				for (let n = 0; n < states; n++) {
					const a = A[aAt(n)];
					const { A_bar, gain, A_slope, gainSlope } = discretise(rule, step * a);
					const before = h[t * states + n];
					const B = B_at(token, n);
					const g = back[n] + above * C_at(token, n);
					toX += g * step * gain * B;
					toStep += g * (A_slope * a * before + (gain + step * a * gainSlope) * B * x_t);
					dA[aAt(n)] += g * step * (A_slope * before + step * gainSlope * B * x_t);
					const toB = g * step * gain * x_t;
					const toC = above * h[(t + 1) * states + n];
					if (constantB) dConstantB[cell + n] += toB;
					else dB[token * shared + group + n] += toB;
					if (constantC) dConstantC[cell + n] += toC;
					else dC[token * shared + group + n] += toC;
					back[n] = g * A_bar;
				}
				if (dx) dx[token * x.width + x.from + d] = toX;
				dDelta[token * steps + share] += toStep;
				dSkip[share] += above * x_t;
			}
		}
	for (let token = 0; token < batch * length; token++)
		for (let i = 0; i < shared; i++) {
			if (given.dB) given.dB[token * bcWidth + bFrom + i] = dB[token * shared + i];
			if (given.dC) given.dC[token * bcWidth + cFrom + i] = dC[token * shared + i];
		}
	given.dDelta?.set(dDelta);
	given.dA_log?.set(dA.map((sum, i) => sum * A[i]));
	given.dConstantB?.set(dConstantB);
	given.dConstantC?.set(dConstantC);
	given.dSkip?.set(dSkip);
}
