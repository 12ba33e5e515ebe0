// The recurrent baseline in plain float64. The glossary is in model.ts, the equations are those of `torch.nn.GRU`.
import { add, linear, rmsNorm, type PlainModel, type Stream, type Weights } from '../plain.ts';
import type { GruConfig } from './config.ts';

const sigmoid = (v: number): number => 1 / (1 + Math.exp(-v));

export function gruReference(config: GruConfig): PlainModel {
	const { layerNormEpsilon: epsilon, stateSize } = config;
	return {
		embeddings: 'embeddings',
		head: config.tieWordEmbeddings ? 'embeddings' : 'lm_head',
		hiddenSize: config.hiddenSize,
		layers: config.numHiddenLayers,
		layer(weights, hidden) {
			const input = rmsNorm(hidden, weights.of('norm.weight'), epsilon);
			const mixer = weights.within('mixer');
			return add(hidden, linear(mixer, 'out_proj', states(mixer, input, stateSize)));
		},
		finalNorm: (weights, hidden) => rmsNorm(hidden, weights.of('norm_f.weight'), epsilon)
	};
}

/** h after each token, from zeros on. */
function states(weights: Weights, input: Stream, H: number): Stream {
	const affine = (kind: 'ih' | 'hh', v: Float64Array) => {
		const [W, b] = [weights.of(`weight_${kind}_l0`), weights.of(`bias_${kind}_l0`)];
		return Float64Array.from({ length: 3 * H }, (_, row) =>
			v.reduce((sum, x, k) => sum + W[row * v.length + k] * x, b[row])
		);
	};
	let h = new Float64Array(H);
	return input.map((token) => {
		const [now, past] = [affine('ih', token), affine('hh', h)];
		h = h.map((before, i) => {
			const r = sigmoid(now[i] + past[i]);
			const z = sigmoid(now[H + i] + past[H + i]);
			const n = Math.tanh(now[2 * H + i] + r * past[2 * H + i]);
			return (1 - z) * n + z * before;
		});
		return h;
	});
}
