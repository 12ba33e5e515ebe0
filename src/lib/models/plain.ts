// The blocks of language models in plain float64, a whole text at a time, to be read in one go. Tests compare the kernels with them,
// so they share no arithmetic with the kernels. Mamba's own reference, token by token, is in mamba/reference.ts.
import type { MlpActivation } from './config.ts';

/** A number of each channel for each token: (L)(channels). */
export type Stream = readonly Float64Array[];
/** A weight by its name without prefix, row-major; undefined where the model has none. */
export type FindWeight = (name: string) => ArrayLike<number> | undefined;

/** The weights below a path, `layers.3.mixer`: `of('in_proj.weight')`. */
export class Weights {
	readonly #find: FindWeight;
	readonly #path: string;

	constructor(find: FindWeight, path = '') {
		this.#find = find;
		this.#path = path;
	}

	within(name: string): Weights {
		return new Weights(this.#find, this.#full(name));
	}

	optional(name: string): ArrayLike<number> | undefined {
		return this.#find(this.#full(name));
	}

	of(name: string): ArrayLike<number> {
		const weight = this.optional(name);
		if (!weight) throw new Error(`${this.#full(name)} is not among the weights.`);
		return weight;
	}

	#full(name: string): string {
		return this.#path ? `${this.#path}.${name}` : name;
	}
}

export const silu = (v: number): number => v / (1 + Math.exp(-v));
export const softplus = (v: number): number => (v > 30 ? v : Math.log1p(Math.exp(v)));
const SQRT_2_OVER_PI = Math.sqrt(2 / Math.PI);

export const ACTIVATIONS: Readonly<Record<MlpActivation, (v: number) => number>> = {
	silu,
	relu2: (v) => Math.max(0, v) ** 2,
	gelu: (v) => (v / 2) * (1 + erf(v / Math.SQRT2)),
	gelu_tanh: (v) => (v / 2) * (1 + Math.tanh(SQRT_2_OVER_PI * (v + 0.044715 * v ** 3)))
};

/** The error function: its series near 0, the continued fraction of its complement further out. */
export function erf(x: number): number {
	const a = Math.abs(x);
	if (a < 2.5) {
		let term = x;
		let sum = x;
		for (let n = 1; Math.abs(term) > 1e-17 * Math.abs(sum); n++) {
			term *= (-x * x) / n;
			sum += term / (2 * n + 1);
		}
		return (2 / Math.sqrt(Math.PI)) * sum;
	}
	let fraction = 0;
	for (let n = 60; n > 0; n--) fraction = n / 2 / (a + fraction);
	return Math.sign(x) * (1 - Math.exp(-a * a) / Math.sqrt(Math.PI) / (a + fraction));
}

export const add = (a: Stream, b: Stream): Stream =>
	a.map((row, t) => row.map((v, i) => v + b[t][i]));

/** x Wᵀ + b for W (out, in): weight and bias are `name.weight` and `name.bias`. */
export function linear(weights: Weights, name: string, x: Stream): Stream {
	// In float64 once, not at every product.
	const W = new Float64Array(weights.of(`${name}.weight`));
	const b = weights.optional(`${name}.bias`);
	return x.map((row) => {
		const out = new Float64Array(W.length / row.length);
		for (let o = 0; o < out.length; o++) {
			let sum = b ? b[o] : 0;
			for (let i = 0; i < row.length; i++) sum += W[o * row.length + i] * row[i];
			out[o] = sum;
		}
		return out;
	});
}

/** x / RMS(x) in each of `groups` equal parts of a row, scaled. */
export function rmsNorm(x: Stream, scale: ArrayLike<number>, epsilon: number, groups = 1): Stream {
	return x.map((row) => {
		const width = row.length / groups;
		const out = new Float64Array(row.length);
		for (let from = 0; from < row.length; from += width) {
			const part = row.subarray(from, from + width);
			const mean = part.reduce((sum, v) => sum + v * v, 0) / width;
			part.forEach((v, i) => (out[from + i] = (scale[from + i] * v) / Math.sqrt(mean + epsilon)));
		}
		return out;
	});
}

/** (x − mean) / deviation, scaled and shifted by `name.weight` and `name.bias`. */
export function layerNorm(weights: Weights, name: string, x: Stream, epsilon: number): Stream {
	const [scale, shift] = [weights.of(`${name}.weight`), weights.of(`${name}.bias`)];
	return x.map((row) => {
		const mean = row.reduce((sum, v) => sum + v, 0) / row.length;
		const variance = row.reduce((sum, v) => sum + (v - mean) ** 2, 0) / row.length;
		return row.map((v, i) => (scale[i] * (v - mean)) / Math.sqrt(variance + epsilon) + shift[i]);
	});
}

/** Columns `from … to` of every row. */
export const columns = (x: Stream, from: number, to: number): Stream =>
	x.map((row) => row.slice(from, to));

/**
 * Turn the first `dimensions` of each head by its position: dimension i and i + dimensions/2 are a pair, which turns by
 * t · base^(−2i/dimensions). Su et al. 2021, RoFormer, with the pairs of GPT-NeoX.
 */
export function rotated(x: Stream, headDim: number, dimensions: number, base: number): Stream {
	const half = dimensions / 2;
	return x.map((row, t) => {
		const out = row.slice();
		for (let head = 0; head < row.length; head += headDim)
			for (let i = 0; i < half; i++) {
				const angle = t * base ** (-(2 * i) / dimensions);
				const [a, b] = [row[head + i], row[head + i + half]];
				out[head + i] = a * Math.cos(angle) - b * Math.sin(angle);
				out[head + i + half] = b * Math.cos(angle) + a * Math.sin(angle);
			}
		return out;
	});
}

/** Causal attention: softmax(q kᵀ / √headDim) v in each head, the heads side by side. k and v may have fewer heads than q. */
export function attention(q: Stream, k: Stream, v: Stream, headDim: number): Stream {
	const heads = q[0].length / headDim;
	const shared = q[0].length / k[0].length;
	return q.map((query, t) => {
		const out = new Float64Array(query.length);
		for (let head = 0; head < heads; head++) {
			const at = head * headDim;
			const kvAt = Math.floor(head / shared) * headDim;
			const scores = k.slice(0, t + 1).map((key) => {
				let sum = 0;
				for (let i = 0; i < headDim; i++) sum += query[at + i] * key[kvAt + i];
				return sum / Math.sqrt(headDim);
			});
			const largest = Math.max(...scores);
			const shares = scores.map((score) => Math.exp(score - largest));
			const total = shares.reduce((sum, share) => sum + share, 0);
			shares.forEach((share, s) => {
				for (let i = 0; i < headDim; i++) out[at + i] += (share / total) * v[s][kvAt + i];
			});
		}
		return out;
	});
}

/** What is done to the state of a Mamba-2 layer at one token. D channels, N states, H heads. */
export interface StateEdit {
	/** Multiply the write, the state that was there, and Δ. */
	readonly write: number;
	readonly keep: number;
	readonly scale: number;
	/** (H): in place of Δ. */
	readonly frozen?: ArrayLike<number> | undefined;
	/** (D): the channel whose x, Δ, A and B drive the state of each. */
	readonly source?: ArrayLike<number> | undefined;
	/** (D, N, 2): whether a number of the state is held (1), and at what. */
	readonly held?: ArrayLike<number> | undefined;
}

/** What a Mamba-2 layer carries: the last inputs of its convolution, oldest first, and its state, (D, N). */
export interface PlainCarried {
	readonly window: Stream;
	readonly state: Float64Array;
}

/** What is changed in one layer while a text is read, and who listens. All are absent in an untouched run. */
export interface LayerRun {
	/** What the layer adds to this row is left out. */
	skip?(t: number): boolean;
	edit?(t: number): StateEdit | undefined;
	/** Before row `row` what is carried becomes this. In the order of rows. */
	readonly carried?: readonly (PlainCarried & { readonly row: number })[];
	/** Hears Δ of every token, (L)(H), as the tokens make it. */
	onDelta?(delta: Stream): void;
	/** Hears what is carried after the last token. */
	onEnd?(carried: PlainCarried): void;
}

/** SiLU of the causal convolution of each channel with its own taps, the last tap on the present token. */
export function convolved(
	weights: Weights,
	name: string,
	x: Stream,
	carried: LayerRun['carried'] = []
): Stream {
	const W = weights.of(`${name}.weight`);
	const b = weights.optional(`${name}.bias`);
	const taps = W.length / x[0].length;
	return x.map((row, t) => {
		const swapped = carried.findLast((other) => other.row <= t);
		const seen = Array.from({ length: taps }, (_, k) => {
			const s = t - taps + 1 + k;
			return swapped && s < swapped.row ? swapped.window[s - swapped.row + taps - 1] : x[s];
		});
		return row.map((_, d) => {
			let sum = b ? b[d] : 0;
			for (let k = 0; k < taps; k++) sum += W[d * taps + k] * (seen[k]?.[d] ?? 0);
			return silu(sum);
		});
	});
}

/** The last `taps` − 1 rows, zeros where there were none. */
const windowOf = (x: Stream, taps: number): Stream =>
	Array.from(
		{ length: taps - 1 },
		(_, i) => x[x.length - taps + 1 + i] ?? new Float64Array(x[0].length)
	);

export interface Mamba2Sizes {
	readonly heads: number;
	readonly headDim: number;
	readonly groups: number;
	readonly stateSize: number;
	readonly epsilon: number;
	readonly normGroups: number;
	readonly timeStepLimits: readonly [least: number, most: number];
}

/** The mixer of Mamba-2, its state one token after the other. The glossary is in blocks/mamba2.ts. */
export function mamba2Mixer(
	weights: Weights,
	input: Stream,
	sizes: Mamba2Sizes,
	run: LayerRun = {}
): Stream {
	const { heads: H, headDim: P, groups: G, stateSize: N } = sizes;
	const D = H * P;
	const projected = linear(weights, 'in_proj', input);
	const z = columns(projected, 0, D);
	const inputs = columns(projected, D, 2 * D + 2 * G * N);
	const xBC = convolved(weights, 'conv1d', inputs, run.carried);
	const dt = columns(projected, 2 * D + 2 * G * N, 2 * D + 2 * G * N + H);
	const [A_log, D_skip, dtBias] = ['A_log', 'D', 'dt_bias'].map((name) => weights.of(name));
	const [least, most] = sizes.timeStepLimits;
	const made = dt.map((row) =>
		row.map((v, head) => Math.min(Math.max(softplus(v + dtBias[head]), least), most))
	);
	run.onDelta?.(made);
	const groupOf = (d: number) => Math.floor((Math.floor(d / P) * G) / H);
	let h: Float64Array = new Float64Array(D * N);
	const gated = input.map((_, t) => {
		const { write = 1, keep = 1, scale = 1, frozen, source, held } = run.edit?.(t) ?? {};
		const swapped = run.carried?.findLast(({ row }) => row === t);
		if (swapped) h = swapped.state.slice();
		// Where the text of a transplant ends, a channel that is driven by another takes its state.
		const foreign = swapped !== undefined || (t > 0 && !run.edit?.(t - 1));
		if (source && foreign) h = h.map((_, at) => h[source[Math.floor(at / N)] * N + (at % N)]);
		const y = new Float64Array(D);
		for (let d = 0; d < D; d++) {
			const s = source ? source[d] : d;
			const head = Math.floor(s / P);
			const delta = scale * (frozen ? frozen[head] : made[t][head]);
			const decay = keep * Math.exp(-delta * Math.exp(A_log[head]));
			const B = D + groupOf(s) * N;
			const C = D + (G + groupOf(d)) * N;
			y[d] = D_skip[Math.floor(d / P)] * xBC[t][d];
			for (let n = 0; n < N; n++) {
				const at = d * N + n;
				h[at] = decay * h[at] + write * delta * xBC[t][B + n] * xBC[t][s];
				if (held && held[2 * at] === 1) h[at] = held[2 * at + 1];
				y[d] += xBC[t][C + n] * h[at];
			}
		}
		return y.map((v, d) => v * silu(z[t][d]));
	});
	const taps = weights.of('conv1d.weight').length / inputs[0].length;
	run.onEnd?.({ window: windowOf(inputs, taps), state: h });
	const scale = weights.of('norm.weight');
	return linear(weights, 'out_proj', rmsNorm(gated, scale, sizes.epsilon, sizes.normGroups));
}

/** What a model must say to be read in plain float64. */
export interface PlainModel {
	/** Name of the embeddings, without `.weight`. */
	readonly embeddings: string;
	/** Name of the head, likewise. */
	readonly head: string;
	readonly hiddenSize: number;
	readonly layers: number;
	/** A layer with its residuals. */
	layer(weights: Weights, hidden: Stream, index: number, run?: LayerRun): Stream;
	finalNorm(weights: Weights, hidden: Stream): Stream;
}

export interface PlainRun {
	/** `hidden.i`: what enters layer i; the last is what leaves the final norm. */
	readonly hidden: readonly Stream[];
	readonly logits: Stream;
}

/** Read a text. */
export function readPlain(model: PlainModel, find: FindWeight, ids: readonly number[]): PlainRun {
	const hidden = plainHidden(model, find, ids);
	return { hidden, logits: linear(new Weights(find), model.head, hidden[model.layers]) };
}

/** `hidden` of a text, with what is changed in each layer. */
export function plainHidden(
	model: PlainModel,
	find: FindWeight,
	ids: readonly number[],
	runOf: (layer: number) => LayerRun = () => ({})
): Stream[] {
	const weights = new Weights(find);
	const table = weights.of(`${model.embeddings}.weight`);
	const width = model.hiddenSize;
	const hidden: Stream[] = [
		ids.map((id) => Float64Array.from({ length: width }, (_, i) => table[id * width + i]))
	];
	for (let l = 0; l < model.layers; l++) {
		const run = runOf(l);
		const left = model.layer(weights.within(`layers.${l}`), hidden[l], l, run);
		hidden.push(left.map((row, t) => (run.skip?.(t) ? hidden[l][t] : row)));
	}
	hidden[model.layers] = model.finalNorm(weights, hidden[model.layers]);
	return hidden;
}
