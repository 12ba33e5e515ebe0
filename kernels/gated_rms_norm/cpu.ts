// Gated RMS norm on the processor: u = x · silu(z) is kept for one group of a row at a time, in f64.
import { silu } from '../lib/exp.ts';

/** Shapes as in `gatedRmsNorm`; all arrays row-major. */
export interface GatedRmsNormCpu {
	readonly x: Float32Array;
	/** Columns `from`… of rows that are `width` wide. */
	readonly z: { readonly data: Float32Array; readonly width: number; readonly from: number };
	readonly weight: Float32Array;
	readonly epsilon: number;
	readonly groups: number;
	readonly y: Float32Array;
}

export function gatedRmsNormCpu(given: GatedRmsNormCpu): () => void {
	const { x, z, weight, epsilon, groups, y } = given;
	const size = weight.length / groups;
	const u = new Float64Array(size);
	return () => {
		for (let at = 0, part = 0; at < x.length; at += size, part++) {
			const first = (part % groups) * size;
			const zAt = Math.floor(part / groups) * z.width + z.from + first;
			let sum = 0;
			for (let k = 0; k < size; k++) {
				u[k] = x[at + k] * silu(z.data[zAt + k]);
				sum += u[k] * u[k];
			}
			const scale = 1 / Math.sqrt(sum / size + epsilon);
			for (let k = 0; k < size; k++) y[at + k] = u[k] * scale * weight[first + k];
		}
	};
}
