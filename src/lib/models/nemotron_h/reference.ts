// A whole Nemotron-H in plain float64.
import {
	ACTIVATIONS,
	add,
	attention,
	linear,
	mamba2Mixer,
	rmsNorm,
	type LayerRun,
	type PlainModel,
	type Stream,
	type Weights
} from '../plain.ts';
import type { LayerKind, NemotronHConfig } from './config.ts';
import { mamba2Shape } from './weights.ts';

export function nemotronHReference(config: NemotronHConfig): PlainModel {
	const { layerNormEpsilon: epsilon, headDim } = config;
	const act = ACTIVATIONS[config.mlpActivation];
	const mixers: Record<LayerKind, (mixer: Weights, x: Stream, run?: LayerRun) => Stream> = {
		mamba2: (mixer, x, run) => mamba2Mixer(mixer, x, mamba2Shape(config), run),
		attention(mixer, x) {
			const [q, k, v] = ['q_proj', 'k_proj', 'v_proj'].map((name) => linear(mixer, name, x));
			return linear(mixer, 'o_proj', attention(q, k, v, headDim));
		},
		mlp: (mixer, x) =>
			linear(
				mixer,
				'down_proj',
				linear(mixer, 'up_proj', x).map((row) => row.map(act))
			)
	};
	return {
		embeddings: 'embeddings',
		head: config.tieWordEmbeddings ? 'embeddings' : 'lm_head',
		hiddenSize: config.hiddenSize,
		layers: config.layers.length,
		layer(weights, hidden, index, run) {
			const input = rmsNorm(hidden, weights.of('norm.weight'), epsilon);
			return add(hidden, mixers[config.layers[index]](weights.within('mixer'), input, run));
		},
		finalNorm: (weights, hidden) => rmsNorm(hidden, weights.of('norm_f.weight'), epsilon)
	};
}
