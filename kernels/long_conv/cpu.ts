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

/** One channel at a time in scratch, four tokens at once: a tap that is read meets all four. */
function bySum({ batch, length, channels, taps, x, kernel, skip, y, mirrored }: CpuConv) {
	const reach = Math.min(taps, length);
	const response = new Float64Array(reach);
	// The text between zeros, so that no loop need ask where it begins or ends.
	const text = new Float64Array(reach + length + 3);
	const sums = new Float64Array(length + 3);
	return () => {
		for (let d = 0; d < channels; d++) {
			for (let s = 0; s < reach; s++) response[s] = kernel[d * taps + s];
			const through = skip ? skip[d] : 0;
			for (let b = 0; b < batch; b++) {
				const first = (b * length + (mirrored ? length - 1 : 0)) * channels + d;
				const step = mirrored ? -channels : channels;
				for (let t = 0; t < length; t++) text[reach + t] = x[first + t * step];
				for (let t = 0; t < length; t += 4) fourTokens(text, response, sums, t);
				for (let t = 0; t < length; t++) y[first + t * step] = sums[t] + through * text[reach + t];
			}
		}
	};
}

/** sums_t = Σ_s k_s x_{t−s} for tokens t … t + 3; `text` has as many zeros in front as there are taps. */
function fourTokens(text: Float64Array, k: Float64Array, sums: Float64Array, t: number): void {
	const at = k.length + t;
	let [a, b, c, d] = [text[at], text[at + 1], text[at + 2], text[at + 3]];
	let [sumA, sumB, sumC, sumD] = [0, 0, 0, 0];
	const most = Math.min(k.length, t + 4);
	for (let s = 0; s < most; s++) {
		const tap = k[s];
		sumA += tap * a;
		sumB += tap * b;
		sumC += tap * c;
		sumD += tap * d;
		d = c;
		c = b;
		b = a;
		a = text[at - s - 1];
	}
	sums[t] = sumA;
	sums[t + 1] = sumB;
	sums[t + 2] = sumC;
	sums[t + 3] = sumD;
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
	// Columns of x and dy, with zeros behind dy, so that four taps can run past its end together.
	const text = new Float64Array(length);
	const gradient = new Float64Array(length + 3);
	const totals = new Float64Array(reach + 3);
	const direct = (d: number) => {
		totals.fill(0);
		for (let b = 0; b < batch; b++) {
			const first = b * length * channels + d;
			for (let t = 0; t < length; t++) {
				text[t] = x[first + t * channels];
				gradient[t] = dy[first + t * channels];
			}
			for (let s = 0; s < reach; s += 4) fourTaps(text, gradient, totals, s);
		}
		for (let s = 0; s < reach; s++) dKernel[d * taps + s] = totals[s];
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

/** totals_s += Σ_t dy_{t+s} x_t for taps s … s + 3. */
function fourTaps(x: Float64Array, dy: Float64Array, totals: Float64Array, s: number): void {
	let [a, b, c] = [dy[s], dy[s + 1], dy[s + 2]];
	let [sumA, sumB, sumC, sumD] = [0, 0, 0, 0];
	const count = x.length - s;
	for (let t = 0; t < count; t++) {
		const input = x[t];
		const d = dy[t + s + 3];
		sumA += input * a;
		sumB += input * b;
		sumC += input * c;
		sumD += input * d;
		a = b;
		b = c;
		c = d;
	}
	totals[s] += sumA;
	totals[s + 1] += sumB;
	totals[s + 2] += sumC;
	totals[s + 3] += sumD;
}
