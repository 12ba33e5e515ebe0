// S4D for the CPU engine: kernel, recurrence and gradients. One channel's modes at a time, in f64 scratch.

/** Shapes as in `s4dKernel`; all arrays row-major. */
export interface CpuModel {
	readonly channels: number;
	readonly states: number;
	readonly zoh: boolean;
	readonly log_A_real: Float32Array;
	readonly A_imag: Float32Array | null;
	readonly B: Float32Array | null;
	readonly C: Float32Array;
	readonly log_dt: Float32Array;
}

/** Numbers of a channel's modes, real and imaginary parts in lists of their own. */
interface Modes {
	/** ΔA */
	readonly z: Parts;
	/** Ā */
	readonly keep: Parts;
	/** ψ(ΔA): what B is multiplied by, less Δ. */
	readonly psi: Parts;
	/** B̄ */
	readonly write: Parts;
	/** C, twice where it stands for its conjugate too. */
	readonly read: Parts;
}
interface Parts {
	readonly re: Float64Array;
	readonly im: Float64Array;
}

const parts = (count: number): Parts => ({
	re: new Float64Array(count),
	im: new Float64Array(count)
});

const newModes = (states: number): Modes => ({
	z: parts(states),
	keep: parts(states),
	psi: parts(states),
	write: parts(states),
	read: parts(states)
});

/** The modes of channel d into `modes`. */
function fillModes(model: CpuModel, d: number, modes: Modes): void {
	const { states, zoh, log_A_real, A_imag, B, C, log_dt } = model;
	const delta = Math.exp(log_dt[d]);
	const { z, keep, psi, write, read } = modes;
	for (let n = 0; n < states; n++) {
		const i = d * states + n;
		const a = -delta * Math.exp(log_A_real[i]);
		const b = A_imag ? delta * A_imag[i] : 0;
		z.re[n] = a;
		z.im[n] = b;
		if (zoh) {
			const [size, half] = [Math.exp(a), Math.sin(b / 2)];
			keep.re[n] = size * Math.cos(b);
			keep.im[n] = size * Math.sin(b);
			// (e^z − 1) / z
			const [er, ei] = [Math.expm1(a) * Math.cos(b) - 2 * half * half, keep.im[n]];
			const square = a * a + b * b;
			psi.re[n] = square > 0 ? (er * a + ei * b) / square : 1;
			psi.im[n] = square > 0 ? (ei * a - er * b) / square : 0;
		} else {
			// 1 / (1 − z/2), and (1 + z/2) / (1 − z/2) is twice that less 1.
			const square = (1 - a / 2) ** 2 + (b / 2) ** 2;
			psi.re[n] = (1 - a / 2) / square;
			psi.im[n] = b / 2 / square;
			keep.re[n] = (1 - (a * a + b * b) / 4) / square;
			keep.im[n] = b / square;
		}
		const [br, bi] = !B ? [1, 0] : A_imag ? [B[2 * i], B[2 * i + 1]] : [B[i], 0];
		write.re[n] = delta * (psi.re[n] * br - psi.im[n] * bi);
		write.im[n] = delta * (psi.re[n] * bi + psi.im[n] * br);
		read.re[n] = A_imag ? 2 * C[2 * i] : C[i];
		read.im[n] = A_imag ? 2 * C[2 * i + 1] : 0;
	}
}

/** K_l = Re Σ_n read · keepˡ · write, (D, L). */
export function s4dKernelCpu(model: CpuModel, K: Float32Array): () => void {
	const { channels, states } = model;
	const length = K.length / channels;
	const modes = newModes(states);
	const sums = new Float64Array(length);
	return () => {
		for (let d = 0; d < channels; d++) {
			fillModes(model, d, modes);
			const { keep, write, read } = modes;
			sums.fill(0);
			for (let n = 0; n < states; n++) {
				const [kr, ki] = [keep.re[n], keep.im[n]];
				let re = read.re[n] * write.re[n] - read.im[n] * write.im[n];
				let im = read.re[n] * write.im[n] + read.im[n] * write.re[n];
				for (let l = 0; l < length; l++) {
					sums[l] += re;
					const next = re * kr - im * ki;
					im = re * ki + im * kr;
					re = next;
				}
			}
			K.set(sums, d * length);
		}
	};
}

export interface CpuGradients {
	readonly log_A_real: Float32Array;
	readonly A_imag: Float32Array;
	readonly B: Float32Array;
	readonly C: Float32Array;
	readonly log_dt: Float32Array;
}

/** The gradients of all parameters from that of the kernel, dK (D, L). */
export function s4dKernelBackwardCpu(
	model: CpuModel,
	dK: Float32Array,
	gradients: CpuGradients
): () => void {
	const { channels, states, zoh, A_imag, B } = model;
	const length = dK.length / channels;
	const modes = newModes(states);
	const factor = A_imag ? 2 : 1;
	return () => {
		for (let d = 0; d < channels; d++) {
			fillModes(model, d, modes);
			const { z, keep, psi, read } = modes;
			const delta = Math.exp(model.log_dt[d]);
			let byLogDelta = 0;
			for (let n = 0; n < states; n++) {
				const i = d * states + n;
				const [kr, ki] = [keep.re[n], keep.im[n]];
				// Σ dK_l Āˡ and Σ l dK_l Āˡ⁻¹.
				let [re, im, sr, si, tr, ti] = [1, 0, 0, 0, 0, 0];
				for (let l = 0; l < length; l++) {
					const here = dK[d * length + l];
					const slope = l + 1 < length ? (l + 1) * dK[d * length + l + 1] : 0;
					sr += here * re;
					si += here * im;
					tr += slope * re;
					ti += slope * im;
					const next = re * kr - im * ki;
					im = re * ki + im * kr;
					re = next;
				}
				const [br, bi] = !B ? [1, 0] : A_imag ? [B[2 * i], B[2 * i + 1]] : [B[i], 0];
				const [cr, ci] = [read.re[n], read.im[n]];
				const [ur, ui] = [cr * br - ci * bi, cr * bi + ci * br];
				const [pr, pi] = [psi.re[n], psi.im[n]];
				const [wr, wi] = [delta * (ur * pr - ui * pi), delta * (ur * pi + ui * pr)];
				// Gradients pass through a product by the conjugate of the other factor.
				const [gwr, gwi] = [sr, -si];
				const [gar, gai] = [wr * tr - wi * ti, -(wr * ti + wi * tr)];
				const [qr, qi] = zoh ? [kr, ki] : [pr * pr - pi * pi, 2 * pr * pi];
				const [dr, di] = psiSlope(z.re[n], z.im[n], pr, pi, zoh);
				const [vr, vi] = [delta * (ur * dr - ui * di), delta * (ur * di + ui * dr)];
				const gzr = qr * gar + qi * gai + vr * gwr + vi * gwi;
				const gzi = qr * gai - qi * gar + vr * gwi - vi * gwr;
				byLogDelta += wr * gwr + wi * gwi + z.re[n] * gzr + z.im[n] * gzi;
				gradients.log_A_real[i] = z.re[n] * gzr;
				gradients.A_imag[i] = delta * gzi;
				const [xr, xi] = [delta * (pr * gwr + pi * gwi), delta * (pr * gwi - pi * gwr)];
				const [gbr, gbi] = [cr * xr + ci * xi, cr * xi - ci * xr];
				const [gcr, gci] = [factor * (br * xr + bi * xi), factor * (br * xi - bi * xr)];
				if (A_imag) {
					gradients.B[2 * i] = gbr;
					gradients.B[2 * i + 1] = gbi;
					gradients.C[2 * i] = gcr;
					gradients.C[2 * i + 1] = gci;
				} else {
					gradients.B[i] = gbr;
					gradients.C[i] = gcr;
				}
			}
			gradients.log_dt[d] = byLogDelta;
		}
	};
}

/** ψ'(z): ψ²/2 for the bilinear rule; φ − (φ − 1)/z for zero-order hold, by its series where z is small. */
function psiSlope(a: number, b: number, pr: number, pi: number, zoh: boolean): [number, number] {
	if (!zoh) return [(pr * pr - pi * pi) / 2, pr * pi];
	const square = a * a + b * b;
	if (square > 1) {
		const [er, ei] = [pr - 1, pi];
		return [pr - (er * a + ei * b) / square, pi - (ei * a - er * b) / square];
	}
	let [sr, si] = [1, 0];
	for (let k = 20; k > 2; k--) [sr, si] = [1 + (a * sr - b * si) / k, (a * si + b * sr) / k];
	return [pr - sr / 2, pi - si / 2];
}

export interface CpuScan {
	readonly batch: number;
	readonly length: number;
	readonly x: Float32Array;
	readonly y: Float32Array;
	readonly skip: Float32Array | null;
	/** The state to begin with, replaced by the last; zeros and nothing where there is none. */
	readonly state: Float32Array | null;
	/** From the last token to the first: the gradient by x. */
	readonly mirrored: boolean;
}

/** h_t = Ā h_{t−1} + B̄ x_t, y_t = Re Σ read · h_t + D_skip x_t. */
export function s4dScanCpu(model: CpuModel, scan: CpuScan): () => void {
	const { channels, states, A_imag } = model;
	const { batch, length, x, y, skip, state, mirrored } = scan;
	const modes = newModes(states);
	const h = parts(states);
	const width = A_imag ? 2 : 1;
	const step = mirrored ? -channels : channels;
	return () => {
		for (let d = 0; d < channels; d++) {
			fillModes(model, d, modes);
			const { keep, write, read } = modes;
			const through = skip ? skip[d] : 0;
			for (let b = 0; b < batch; b++) {
				const row = (b * channels + d) * states;
				for (let n = 0; n < states; n++) {
					h.re[n] = state ? state[width * (row + n)] : 0;
					h.im[n] = state && A_imag ? state[width * (row + n) + 1] : 0;
				}
				let at = (b * length + (mirrored ? length - 1 : 0)) * channels + d;
				for (let t = 0; t < length; t++, at += step) {
					const input = x[at];
					let sum = through * input;
					for (let n = 0; n < states; n++) {
						const re = keep.re[n] * h.re[n] - keep.im[n] * h.im[n] + write.re[n] * input;
						h.im[n] = keep.re[n] * h.im[n] + keep.im[n] * h.re[n] + write.im[n] * input;
						h.re[n] = re;
						sum += read.re[n] * re - read.im[n] * h.im[n];
					}
					y[at] = sum;
				}
				if (!state) continue;
				for (let n = 0; n < states; n++) {
					state[width * (row + n)] = h.re[n];
					if (A_imag) state[width * (row + n) + 1] = h.im[n];
				}
			}
		}
	};
}
