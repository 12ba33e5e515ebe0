// A whole Mamba-2 in plain float64. The glossary is in blocks/mamba2.ts.
import { add, mamba2Mixer, rmsNorm, type PlainModel } from '../plain.ts';
import type { Mamba2Config } from './config.ts';
import { mixerShape } from './weights.ts';

export function mamba2Reference(config: Mamba2Config): PlainModel {
	const { layerNormEpsilon: epsilon } = config;
	return {
		embeddings: 'embeddings',
		head: config.tieWordEmbeddings ? 'embeddings' : 'lm_head',
		hiddenSize: config.hiddenSize,
		layers: config.numHiddenLayers,
		layer(weights, hidden, _, run) {
			const input = rmsNorm(hidden, weights.of('norm.weight'), epsilon);
			return add(hidden, mamba2Mixer(weights.within('mixer'), input, mixerShape(config), run));
		},
		finalNorm: (weights, hidden) => rmsNorm(hidden, weights.of('norm_f.weight'), epsilon)
	};
}
