// Which tensors a Mamba-2 configuration needs, and the sizes of its mixer.
import { addMamba2Weights, type Mamba2Shape } from '../blocks/mamba2-shape.ts';
import { WeightList, type WeightSpec } from '../weights.ts';
import type { Mamba2Config } from './config.ts';

export const mixerShape = (config: Mamba2Config): Mamba2Shape => ({
	hiddenSize: config.hiddenSize,
	heads: config.numHeads,
	headDim: config.headDim,
	groups: config.nGroups,
	stateSize: config.stateSize,
	convKernel: config.convKernel,
	useBias: config.useBias,
	useConvBias: config.useConvBias,
	epsilon: config.layerNormEpsilon,
	// Whatever the groups of B and C, transformers' Mamba-2 takes one norm over all channels.
	normGroups: 1,
	timeStepLimits: config.timeStepLimit
});

/** The tensors of a configuration, in the order of a forward pass. A tied head is the embeddings and is not listed twice. */
export function mamba2Weights(config: Mamba2Config): WeightSpec[] {
	const { hiddenSize, vocabSize } = config;
	const list = new WeightList(['backbone.', 'model.', '']);
	list.add('embeddings.weight', [vocabSize, hiddenSize], {
		aliases: ['backbone.embedding.weight']
	});
	for (let layer = 0; layer < config.numHiddenLayers; layer++) {
		list.add(`layers.${layer}.norm.weight`, [hiddenSize]);
		addMamba2Weights(list, `layers.${layer}.mixer`, mixerShape(config));
	}
	list.add('norm_f.weight', [hiddenSize]);
	if (!config.tieWordEmbeddings) list.linear('lm_head', [vocabSize, hiddenSize]);
	return list.specs;
}
