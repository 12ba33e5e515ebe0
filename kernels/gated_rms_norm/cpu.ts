// Gated RMS norm on the processor: u = x · silu(z) is kept for one group of a row at a time, in f64.
import { silu, siluSlope } from '../lib/exp.ts';

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

export interface GatedRmsNormBackwardCpu extends Omit<GatedRmsNormCpu, 'y'> {
	/** The gradient of y. */
	readonly g: Float32Array;
	/** Added to x's gradient. */
	readonly sofar: Float32Array | null;
	readonly dx: Float32Array;
	/** As wide as z; only the gate's columns are written. */
	readonly dz: Float32Array;
	/** (rows · groups): 1 / √(mean(u²) + ε) */
	readonly scale: Float32Array;
}

/** The gradients of x and of z's columns. */
export function gatedRmsNormBackwardCpu(given: GatedRmsNormBackwardCpu): () => void {
	const { x, z, weight, epsilon, groups, g, sofar, dx, dz, scale } = given;
	const size = weight.length / groups;
	const gates = new Float64Array(size);
	return () => {
		for (let at = 0, part = 0; at < x.length; at += size, part++) {
			const first = (part % groups) * size;
			const zAt = Math.floor(part / groups) * z.width + z.from + first;
			let square = 0;
			let product = 0;
			for (let k = 0; k < size; k++) {
				gates[k] = silu(z.data[zAt + k]);
				const u = x[at + k] * gates[k];
				square += u * u;
				product += u * g[at + k] * weight[first + k];
			}
			const s = 1 / Math.sqrt(square / size + epsilon);
			const slope = (s * s * s * product) / size;
			for (let k = 0; k < size; k++) {
				const value = x[at + k];
				const du = s * g[at + k] * weight[first + k] - value * gates[k] * slope;
				dx[at + k] = sofar ? du * gates[k] + sofar[at + k] : du * gates[k];
				dz[zAt + k] = du * value * siluSlope(z.data[zAt + k]);
			}
			scale[part] = s;
		}
	};
}

/** The gradient of the weight, Σ over rows of g · x · silu(z) · scale; summed in f64. */
export function gatedRmsNormWeightCpu(
	given: Pick<GatedRmsNormBackwardCpu, 'x' | 'z' | 'g' | 'scale' | 'groups'>,
	to: Float32Array
): void {
	const { x, z, g, scale, groups } = given;
	const width = to.length;
	const size = width / groups;
	const sums = new Float64Array(width);
	for (let row = 0, at = 0; at < x.length; row++, at += width) {
		const zAt = row * z.width + z.from;
		for (let group = 0, k = 0; group < groups; group++) {
			const s = scale[row * groups + group];
			for (let end = k + size; k < end; k++)
				sums[k] += g[at + k] * x[at + k] * silu(z.data[zAt + k]) * s;
		}
	}
	to.set(sums);
}
