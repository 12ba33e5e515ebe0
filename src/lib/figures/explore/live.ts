// A run of a Mamba as the session traces it: what the explorer asks for, and how the answer becomes an overview and layers.
import { linearReference } from '#kernels/linear/reference.ts';
import type { MambaConfig } from '#lib/models/mamba/config.ts';
import { headWeight } from '#lib/models/mamba/weights.ts';
import { likeliest } from '#lib/session/next-words.ts';
import { LayerRun, type LayerSource, type Numbers, type Sizes } from './layer.ts';
import type { Guess, Overview, ShownToken } from './overview.ts';

type Values = Readonly<Record<string, Float32Array>>;

/** To be asked for an overview. */
export function overviewNames(config: MambaConfig): { names: string[]; weights: string[] } {
	const n = config.numHiddenLayers;
	return {
		names: [
			...Array.from({ length: n + 1 }, (_, l) => `hidden.${l}`),
			...Array.from({ length: n }, (_, l) => `layers.${l}.mixer.out`)
		],
		weights: [...new Set(['embeddings.weight', headWeight(config)]), 'norm_f.weight']
	};
}

const TRACED = ['conv', 'z', 'delta', 'B', 'C', 'y', 'gated', 'out'] as const;

/** To be asked for a layer. */
export function layerNames(
	config: MambaConfig,
	layer: number
): { names: string[]; weights: string[] } {
	const mixer = (name: string) => `layers.${layer}.mixer.${name}`;
	return {
		names: [`hidden.${layer}`, ...TRACED.map(mixer)],
		weights: [
			`layers.${layer}.norm.weight`,
			...[
				'in_proj.weight',
				'x_proj.weight',
				'dt_proj.weight',
				'dt_proj.bias',
				'A_log',
				'D',
				'out_proj.weight',
				...(config.conv ? ['conv1d.weight'] : []),
				...(config.conv && config.useConvBias ? ['conv1d.bias'] : []),
				...(config.useBias ? ['in_proj.bias', 'out_proj.bias'] : [])
			].map(mixer)
		]
	};
}

export const sizesOf = (config: MambaConfig, length: number): Sizes => ({
	length,
	stream: config.hiddenSize,
	channels: config.intermediateSize,
	states: config.stateSize,
	rank: config.timeStepRank,
	taps: config.conv ? config.convKernel : 0,
	epsilon: config.layerNormEpsilon,
	rule: config.discretisation
});

const upTo = (count: number) => Array.from({ length: count }, (_, i) => i);

/** 1 / √(mean(v²) + ε) */
export function scaleOf(v: Numbers, epsilon: number): number {
	let squares = 0;
	for (let i = 0; i < v.length; i++) squares += v[i] * v[i];
	return 1 / Math.sqrt(squares / v.length + epsilon);
}

/** A layer of a run, from what `layerNames` asked for. */
export function liveLayer(
	config: MambaConfig,
	layer: number,
	length: number,
	values: Values
): LayerRun {
	const sizes = sizesOf(config, length);
	const { stream: E, channels: D, states: N, rank: R, taps: K } = sizes;
	const mixer = (name: string) => values[`layers.${layer}.mixer.${name}`];
	const rowOf = (all: Float32Array, width: number, t: number) =>
		all.subarray(t * width, (t + 1) * width);
	const projections = {
		inProj: mixer('in_proj.weight'),
		xProj: mixer('x_proj.weight'),
		dtProj: mixer('dt_proj.weight'),
		dtBias: mixer('dt_proj.bias'),
		outProj: mixer('out_proj.weight'),
		inBias: mixer('in_proj.bias'),
		outBias: mixer('out_proj.bias')
	};
	const reach = new Float64Array(D);
	for (let i = 0; i < E; i++)
		for (let d = 0; d < D; d++) reach[d] += projections.outProj[i * D + d] ** 2;
	const {
		B,
		C,
		out,
		z,
		conv: x,
		delta,
		y,
		gated
	} = Object.fromEntries(TRACED.map((name) => [name, mixer(name)]));
	const hidden = values[`hidden.${layer}`];
	const traced = { x, delta, y, gated };
	const constants = {
		norm: values[`layers.${layer}.norm.weight`],
		conv: K > 0 ? mixer('conv1d.weight') : new Float32Array(),
		convBias: mixer('conv1d.bias') ?? new Float32Array(D),
		A: Float64Array.from(mixer('A_log'), (v) => -Math.exp(v)),
		skip: mixer('D'),
		reach: reach.map(Math.sqrt)
	};
	const source: LayerSource = {
		layer,
		sizes,
		dims: upTo(E),
		channels: upTo(D),
		constants,
		projections,
		input: (t) => rowOf(hidden, E, t),
		scale: (t) => scaleOf(rowOf(hidden, E, t), sizes.epsilon),
		u: (t) =>
			linearReference(
				run.row('norm', t),
				projections.inProj.subarray(0, D * E),
				{ rows: 1, in: E, out: D },
				{ bias: projections.inBias }
			),
		z: (t) => rowOf(z, D, t),
		low: (t) =>
			linearReference(rowOf(x, D, t), projections.xProj.subarray(0, R * D), {
				rows: 1,
				in: D,
				out: R
			}),
		raw: (t) =>
			linearReference(
				run.row('low', t),
				projections.dtProj,
				{ rows: 1, in: R, out: D },
				{ bias: projections.dtBias }
			),
		B: (t) => rowOf(B, N, t),
		C: (t) => rowOf(C, N, t),
		out: (t) => rowOf(out, E, t),
		traced: (name, t) => rowOf(traced[name], D, t)
	};
	const run = new LayerRun(source);
	return run;
}

/** Words that are shown of a distribution. */
export const MOST_GUESSES = 8;

/** A run from the stream's side, from what `overviewNames` asked for. `nameOf` shows a token of the vocabulary. */
export function liveOverview(
	config: MambaConfig,
	tokens: readonly ShownToken[],
	values: Values,
	nameOf: (id: number) => string
): Overview {
	const { numHiddenLayers: n, hiddenSize: E, vocabSize: V, layerNormEpsilon: epsilon } = config;
	const head = values[headWeight(config)];
	const norm = values['norm_f.weight'];
	const added = (l: number, t: number): Numbers =>
		values[`layers.${l}.mixer.out`].subarray(t * E, (t + 1) * E);
	const entering = (l: number, t: number): Numbers =>
		values[`hidden.${l}`].subarray(t * E, (t + 1) * E);
	const stream = (l: number, t: number): Numbers => {
		if (l < n) return entering(l, t);
		const [before, last] = [entering(n - 1, t), added(n - 1, t)];
		return Float64Array.from(before, (v, i) => v + last[i]);
	};
	const final = (t: number): Numbers => entering(n, t);
	const guesses = new Map<string, readonly Guess[]>();
	const guess = (l: number, t: number): readonly Guess[] => {
		const key = `${l} ${t}`;
		const found = guesses.get(key);
		if (found) return found;
		const v = stream(l, t);
		const scale = scaleOf(v, epsilon);
		const normed = l === n ? final(t) : Float64Array.from(v, (value, i) => value * scale * norm[i]);
		const logits = linearReference(normed, head, { rows: 1, in: E, out: V });
		const most = logits.reduce((a, b) => Math.max(a, b));
		const total = logits.reduce((sum, logit) => sum + Math.exp(logit - most), 0);
		const made = likeliest(logits, MOST_GUESSES).map((id) => ({
			id,
			word: nameOf(id),
			logit: logits[id],
			p: Math.exp(logits[id] - most) / total
		}));
		guesses.set(key, made);
		return made;
	};
	return {
		tokens,
		layers: n,
		dims: upTo(E),
		width: E,
		vocabulary: V,
		stream,
		added,
		size: (l, t) => lengthOf(stream(l, t)),
		addedSize: (l, t) => lengthOf(added(l, t)),
		guess,
		final: {
			weight: norm,
			scale: (t) => scaleOf(stream(n, t), epsilon),
			row: final,
			head: (id) => head.subarray(id * E, (id + 1) * E)
		}
	};
}

const lengthOf = (v: Numbers): number => {
	let squares = 0;
	for (let i = 0; i < v.length; i++) squares += v[i] * v[i];
	return Math.sqrt(squares);
};
