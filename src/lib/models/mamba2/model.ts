// Mamba-2 (Dao and Gu 2024, Transformers are SSMs): layers of one mixer each, as in Mamba. The glossary is in blocks/mamba2.ts.
import { underPath, type Architecture } from '../architecture.ts';
import { carriedByMamba2, editableMamba2, MAMBA2_TRACED, mamba2Mixer } from '../blocks/mamba2.ts';
import { normedInput, normOf } from '../blocks/norm.ts';
import type { Mamba2Config } from './config.ts';
import { mamba2Weights, mixerShape } from './weights.ts';

export function mamba2(config: Mamba2Config): Architecture<Mamba2Config> {
	const { layerNormEpsilon: epsilon, numHiddenLayers } = config;
	const shape = mixerShape(config);
	return {
		modelType: 'mamba2',
		config,
		weights: mamba2Weights(config),
		embeddings: 'embeddings.weight',
		head: config.tieWordEmbeddings ? 'embeddings.weight' : 'lm_head.weight',
		editable: () => editableMamba2(shape),
		carried: (batch) =>
			Array.from({ length: numHiddenLayers }, (_, l) =>
				carriedByMamba2(`layers.${l}.mixer`, shape, batch)
			).flat(),
		finalNorm: (model) => normOf(model, 'norm_f', epsilon),
		layer: (layer, hidden, index) =>
			mamba2Mixer(
				layer.within('mixer'),
				normedInput(layer, hidden, normOf(layer, 'norm', epsilon)),
				hidden,
				shape,
				layer.run.edits?.get(index)
			),
		traced: () => underPath('mixer', MAMBA2_TRACED)
	};
}
