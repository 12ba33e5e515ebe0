// The causal convolution for the CPU engine: token after token, all channels of a tap in one tight loop. The first K − 1 tokens
// look into a copy of the carried state, laid out like rows of the input so that the loop need not know the difference.
import { silu, siluSlope } from '../lib/exp.ts';

/** Shapes as in `conv1dSilu`; all arrays row-major. */
export interface CpuConv {
	readonly batch: number;
	readonly length: number;
	readonly channels: number;
	readonly taps: number;
	/** Columns `from`… of rows that are `width` wide. */
	readonly x: { readonly data: Float32Array; readonly width: number; readonly from: number };
	readonly weight: Float32Array;
	readonly bias: Float32Array | null;
	/** Zeros before the first token, and nothing carried, where there is none. */
	readonly state: Float32Array | null;
	readonly silu: boolean;
	readonly out: Float32Array;
}

/** The run of one convolution, with its scratch memory. */
export function conv1dSiluCpu(conv: CpuConv): () => void {
	const { batch, length, channels, taps, x, weight, bias, state, silu: activated, out } = conv;
	const before = taps - 1;
	const history = new Float32Array(before * channels);
	const sums = new Float64Array(channels);

	return () => {
		for (let b = 0; b < batch; b++) {
			const carried = b * channels * before;
			for (let d = 0; state && d < channels; d++)
				for (let i = 0; i < before; i++)
					history[i * channels + d] = state[carried + d * before + i];
			const rowAt = (t: number) => (b * length + t) * x.width + x.from;
			for (let t = 0; t < length; t++) {
				for (let d = 0; d < channels; d++) sums[d] = bias ? bias[d] : 0;
				for (let k = 0; k < taps; k++) {
					const s = t - before + k;
					if (s < 0) addTap(sums, weight, k, taps, history, (before + s) * channels);
					else addTap(sums, weight, k, taps, x.data, rowAt(s));
				}
				const at = (b * length + t) * channels;
				if (activated) for (let d = 0; d < channels; d++) out[at + d] = silu(sums[d]);
				else for (let d = 0; d < channels; d++) out[at + d] = sums[d];
			}
			for (let i = 0; state && i < before; i++) {
				const s = length - before + i;
				const source = s < 0 ? history : x.data;
				const from = s < 0 ? (before + s) * channels : rowAt(s);
				for (let d = 0; d < channels; d++) state[carried + d * before + i] = source[from + d];
			}
		}
	};
}

/** sums_d += weight_{d,k} · source_{from + d} */
function addTap(
	sums: Float64Array,
	weight: Float32Array,
	k: number,
	taps: number,
	source: Float32Array,
	from: number
): void {
	for (let d = 0; d < sums.length; d++) sums[d] += weight[d * taps + k] * source[from + d];
}

/** Shapes as in `conv1dSilu`, of a text that begins with zeros. */
export interface CpuConvBackward extends Omit<CpuConv, 'state' | 'out'> {
	/** (batch, L, D): the gradient of the output. */
	readonly g: Float32Array;
	/** As x, of which only the inputs' columns are written. */
	readonly dx: Float32Array;
	readonly dWeight: Float32Array;
	readonly dBias: Float32Array;
}

/** The gradients of the inputs, the weight and the bias; sums over time in f64. */
export function conv1dBackwardCpu(conv: CpuConvBackward): () => void {
	const { batch, length, channels, taps, x, weight, bias, silu: activated } = conv;
	const { g, dx, dWeight, dBias } = conv;
	const before = taps - 1;
	const sums = new Float64Array(channels);
	/** The gradient of the sum before SiLU, of the text at hand. */
	const slopes = new Float64Array(length * channels);
	const weightSums = new Float64Array(channels * taps);
	const biasSums = new Float64Array(channels);

	return () => {
		weightSums.fill(0);
		biasSums.fill(0);
		for (let b = 0; b < batch; b++) {
			const rowAt = (t: number) => (b * length + t) * x.width + x.from;
			for (let t = 0; t < length; t++) {
				const at = t * channels;
				const gAt = (b * length + t) * channels;
				if (activated) {
					for (let d = 0; d < channels; d++) sums[d] = bias ? bias[d] : 0;
					for (let k = Math.max(0, before - t); k < taps; k++)
						addTap(sums, weight, k, taps, x.data, rowAt(t - before + k));
					for (let d = 0; d < channels; d++) slopes[at + d] = g[gAt + d] * siluSlope(sums[d]);
				} else for (let d = 0; d < channels; d++) slopes[at + d] = g[gAt + d];
				for (let d = 0; d < channels; d++) biasSums[d] += slopes[at + d];
				for (let k = Math.max(0, before - t); k < taps; k++) {
					const from = rowAt(t - before + k);
					for (let d = 0; d < channels; d++)
						weightSums[d * taps + k] += slopes[at + d] * x.data[from + d];
				}
			}
			for (let t = 0; t < length; t++) {
				sums.fill(0);
				for (let k = Math.max(0, t + taps - length); k < taps; k++) {
					const at = (t + before - k) * channels;
					for (let d = 0; d < channels; d++) sums[d] += weight[d * taps + k] * slopes[at + d];
				}
				const to = rowAt(t);
				for (let d = 0; d < channels; d++) dx[to + d] = sums[d];
			}
		}
		dWeight.set(weightSums);
		dBias.set(biasSums);
	};
}
