// Mamba-2's recurrence on the processor: token after token, the states of a channel in one tight loop.
import { exp } from '../lib/exp.ts';

export interface SsdCpu {
	readonly batch: number;
	readonly length: number;
	readonly channels: number;
	/** Channels of a head. */
	readonly sharing: number;
	readonly groups: number;
	readonly states: number;
	readonly x: { readonly data: Float32Array; readonly width: number; readonly from: number };
	/** (batch, L, H) */
	readonly delta: Float32Array;
	readonly A_log: Float32Array;
	readonly BC: {
		readonly data: Float32Array;
		readonly width: number;
		readonly b: number;
		readonly c: number;
	};
	readonly skip: Float32Array | null;
	/** (batch, D, N), carried; null for zeros. */
	readonly state: Float32Array | null;
	/** (batch, L, D) */
	readonly y: Float32Array;
}

export function ssdCpu(given: SsdCpu): () => void {
	const { batch, length, channels, sharing, groups, states, x, delta, A_log, BC, skip, y } = given;
	const heads = channels / sharing;
	const state = given.state ?? new Float32Array(batch * channels * states);
	const B = new Float64Array(groups * states);
	const C = new Float64Array(groups * states);
	const each = channels / groups;
	return () => {
		if (!given.state) state.fill(0);
		for (let b = 0; b < batch; b++)
			for (let token = b * length; token < (b + 1) * length; token++) {
				const row = token * BC.width;
				for (let i = 0; i < groups * states; i++) {
					B[i] = BC.data[row + BC.b + i];
					C[i] = BC.data[row + BC.c + i];
				}
				for (let head = 0; head < heads; head++) {
					const step = delta[token * heads + head];
					const decay = exp(-step * Math.exp(A_log[head]));
					const group = Math.floor((head * sharing) / each) * states;
					for (let d = head * sharing; d < (head + 1) * sharing; d++) {
						const x_t = x.data[token * x.width + x.from + d];
						const u = step * x_t;
						let cell = (b * channels + d) * states;
						let sum = skip ? skip[head] * x_t : 0;
						for (let n = group; n < group + states; n++, cell++) {
							const h = decay * state[cell] + u * B[n];
							state[cell] = h;
							sum += C[n] * h;
						}
						y[token * channels + d] = sum;
					}
				}
			}
	};
}
