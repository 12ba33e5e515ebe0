// Softmax on the processor, and back.
import { exp } from '../lib/exp.ts';

/** Softmax of each row of `width` numbers of x into y. */
export function softmaxCpu(x: Float32Array, width: number, y: Float32Array): void {
	for (let from = 0; from < x.length; from += width) {
		const to = from + width;
		let most = x[from];
		for (let i = from; i < to; i++) if (x[i] > most) most = x[i];
		let sum = 0;
		for (let i = from; i < to; i++) {
			y[i] = exp(x[i] - most);
			sum += y[i];
		}
		const scale = 1 / sum;
		for (let i = from; i < to; i++) y[i] *= scale;
	}
}

/** y · (g − Σ g · y) of each row of `width` numbers into dx, and `sofar` where that is given. */
export function softmaxBackwardCpu(
	y: Float32Array,
	g: Float32Array,
	sofar: Float32Array | null,
	width: number,
	dx: Float32Array
): void {
	for (let from = 0; from < y.length; from += width) {
		const to = from + width;
		let sum = 0;
		for (let i = from; i < to; i++) sum += g[i] * y[i];
		for (let i = from; i < to; i++) {
			const d = y[i] * (g[i] - sum);
			dx[i] = sofar ? d + sofar[i] : d;
		}
	}
}
