// The long convolution for the CPU engine, forward and backward, by the sum as it stands or by the Fourier transform.
import { newRow, transformRow, type Row } from '../fft/cpu.ts';

/** Shapes as in `longConv`; all arrays row-major. */
export interface CpuShape {
	readonly batch: number;
	readonly length: number;
	readonly channels: number;
	readonly taps: number;
	/** Points of the transform; none for the direct sum. */
	readonly points?: number;
}

/** What a run reads and writes. */
export type CpuConv = CpuShape & {
	readonly x: Float32Array;
	readonly kernel: Float32Array;
	readonly skip: Float32Array | null;
	readonly y: Float32Array;
	/** y_t takes x of later tokens, not of earlier ones: the gradient by x. */
	readonly mirrored: boolean;
};

/** y_t = Σ_s k_s x_{t−s} + D_skip x_t, or with x_{t+s} where mirrored. */
export function longConvCpu(conv: CpuConv): () => void {
	return conv.points ? byTransform(conv, conv.points) : bySum(conv);
}

function bySum({ batch, length, channels, taps, x, kernel, skip, y, mirrored }: CpuConv) {
	const reach = Math.min(taps, length);
	// One tap of all channels in a row.
	const columns = new Float32Array(reach * channels);
	const sums = new Float64Array(channels);
	return () => {
		for (let d = 0; d < channels; d++)
			for (let s = 0; s < reach; s++) columns[s * channels + d] = kernel[d * taps + s];
		for (let b = 0; b < batch; b++)
			for (let t = 0; t < length; t++) {
				const at = (b * length + t) * channels;
				for (let d = 0; d < channels; d++) sums[d] = skip ? skip[d] * x[at + d] : 0;
				const most = Math.min(reach, mirrored ? length - t : t + 1);
				for (let s = 0; s < most; s++) {
					const source = mirrored ? at + s * channels : at - s * channels;
					const tap = s * channels;
					for (let d = 0; d < channels; d++) sums[d] += columns[tap + d] * x[source + d];
				}
				for (let d = 0; d < channels; d++) y[at + d] = sums[d];
			}
	};
}

/** Two real channels are the real and imaginary part of one transform. */
function byTransform(conv: CpuConv, points: number) {
	const { batch, length, channels, taps, x, kernel, skip, y, mirrored } = conv;
	const reach = Math.min(taps, length);
	const [row, response] = [newRow(points), newRow(points)];
	return () => {
		for (let d = 0; d < channels; d += 2) {
			const pair = d + 1 < channels;
			load(
				response,
				reach,
				(s) => kernel[d * taps + s],
				(s) => (pair ? kernel[(d + 1) * taps + s] : 0)
			);
			transformRow(response);
			for (let b = 0; b < batch; b++) {
				const first = b * length * channels + d;
				loadPair(row, x, first, channels, length, pair);
				transformRow(row);
				multiplySpectra(row, response, mirrored);
				transformRow(row, true);
				for (let t = 0; t < length; t++) {
					const at = first + t * channels;
					y[at] = row.re[t] / points + (skip ? skip[d] * x[at] : 0);
					if (pair) y[at + 1] = row.im[t] / points + (skip ? skip[d + 1] * x[at + 1] : 0);
				}
			}
		}
	};
}

function load(row: Row, count: number, re: (j: number) => number, im: (j: number) => number): void {
	for (let j = 0; j < count; j++) {
		row.re[j] = re(j);
		row.im[j] = im(j);
	}
	row.re.fill(0, count);
	row.im.fill(0, count);
}

/** Two columns of x, zeros behind them. */
const loadPair = (
	row: Row,
	x: Float32Array,
	first: number,
	stride: number,
	count: number,
	pair: boolean
): void =>
	load(
		row,
		count,
		(t) => x[first + t * stride],
		(t) => (pair ? x[first + t * stride + 1] : 0)
	);

/** z's two channels each times its own response, or its conjugate. */
function multiplySpectra(z: Row, k: Row, conjugate: boolean): void {
	const points = z.re.length;
	const sign = conjugate ? -1 : 1;
	for (let f = 0; f <= points / 2; f++) {
		const m = (points - f) % points;
		// Spectra of the first channel (a) and of the second one (b), of x and of the kernel.
		const [xar, xai] = [(z.re[f] + z.re[m]) / 2, (z.im[f] - z.im[m]) / 2];
		const [xbr, xbi] = [(z.im[f] + z.im[m]) / 2, (z.re[m] - z.re[f]) / 2];
		const [kar, kai] = [(k.re[f] + k.re[m]) / 2, (sign * (k.im[f] - k.im[m])) / 2];
		const [kbr, kbi] = [(k.im[f] + k.im[m]) / 2, (sign * (k.re[m] - k.re[f])) / 2];
		const [ar, ai] = [xar * kar - xai * kai, xar * kai + xai * kar];
		const [br, bi] = [xbr * kbr - xbi * kbi, xbr * kbi + xbi * kbr];
		z.re[f] = ar - bi;
		z.im[f] = ai + br;
		z.re[m] = ar + bi;
		z.im[m] = br - ai;
	}
}

export type CpuKernelGradient = CpuShape & {
	readonly x: Float32Array;
	readonly dy: Float32Array;
	/** (D, L′) */
	readonly dKernel: Float32Array;
	/** (D) */
	readonly dSkip: Float32Array | null;
};

/** dk_s = Σ_t dy_t x_{t−s}, summed over the batch; the gradient of D_skip is dk_0. */
export function kernelGradientCpu(work: CpuKernelGradient): () => void {
	const { batch, length, channels, taps, points, x, dy, dKernel, dSkip } = work;
	const reach = Math.min(taps, length);
	const [one, other, sum] = [points ?? 1, points ?? 1, points ?? 1].map(newRow);
	const direct = (d: number) => {
		for (let s = 0; s < reach; s++) {
			let total = 0;
			for (let b = 0; b < batch; b++) {
				const first = b * length * channels + d;
				for (let t = s; t < length; t++)
					total += dy[first + t * channels] * x[first + (t - s) * channels];
			}
			dKernel[d * taps + s] = total;
		}
	};
	const transformed = (d: number, points: number) => {
		sum.re.fill(0);
		sum.im.fill(0);
		const pair = d + 1 < channels;
		for (let b = 0; b < batch; b++) {
			const first = b * length * channels + d;
			loadPair(one, x, first, channels, length, pair);
			loadPair(other, dy, first, channels, length, pair);
			transformRow(one);
			transformRow(other);
			multiplySpectra(other, one, true);
			for (let f = 0; f < points; f++) {
				sum.re[f] += other.re[f];
				sum.im[f] += other.im[f];
			}
		}
		transformRow(sum, true);
		for (let s = 0; s < reach; s++) {
			dKernel[d * taps + s] = sum.re[s] / points;
			if (pair) dKernel[(d + 1) * taps + s] = sum.im[s] / points;
		}
	};
	return () => {
		dKernel.fill(0);
		if (points) for (let d = 0; d < channels; d += 2) transformed(d, points);
		else for (let d = 0; d < channels; d++) direct(d);
		if (dSkip) for (let d = 0; d < channels; d++) dSkip[d] = dKernel[d * taps];
	};
}
