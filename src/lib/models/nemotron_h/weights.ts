// Which tensors a Nemotron-H configuration needs, and the sizes of its mixers.
import { addMamba2Weights, type Mamba2Shape } from '../blocks/mamba2-shape.ts';
import { WeightList, type WeightSpec } from '../weights.ts';
import type { NemotronHConfig } from './config.ts';

export const mamba2Shape = (config: NemotronHConfig): Mamba2Shape => ({
	hiddenSize: config.hiddenSize,
	heads: config.mambaNumHeads,
	headDim: config.mambaHeadDim,
	groups: config.nGroups,
	stateSize: config.stateSize,
	convKernel: config.convKernel,
	useBias: config.useBias,
	useConvBias: config.useConvBias,
	epsilon: config.layerNormEpsilon,
	normGroups: config.nGroups,
	// As transformers 5.17 computes it without CUDA kernels: no less than `time_step_min`, whatever `time_step_limit` says.
	timeStepLimits: [config.timeStepMin, Infinity]
});

/** The tensors of a configuration, in the order of a forward pass. A tied head is the embeddings and is not listed twice. */
export function nemotronHWeights(config: NemotronHConfig): WeightSpec[] {
	const { hiddenSize, vocabSize, headDim } = config;
	const queries = config.numAttentionHeads * headDim;
	const keys = config.numKeyValueHeads * headDim;
	const list = new WeightList(['model.', 'backbone.', '']);
	list.add('embeddings.weight', [vocabSize, hiddenSize]);
	config.layers.forEach((kind, layer) => {
		const mixer = `layers.${layer}.mixer`;
		list.add(`layers.${layer}.norm.weight`, [hiddenSize]);
		if (kind === 'mamba2') addMamba2Weights(list, mixer, mamba2Shape(config));
		else if (kind === 'attention') {
			const bias = { bias: config.attentionBias };
			list.linear(`${mixer}.q_proj`, [queries, hiddenSize], bias);
			list.linear(`${mixer}.k_proj`, [keys, hiddenSize], bias);
			list.linear(`${mixer}.v_proj`, [keys, hiddenSize], bias);
			list.linear(`${mixer}.o_proj`, [hiddenSize, queries], bias);
		} else {
			const bias = { bias: config.mlpBias };
			list.linear(`${mixer}.up_proj`, [config.intermediateSize, hiddenSize], bias);
			list.linear(`${mixer}.down_proj`, [hiddenSize, config.intermediateSize], bias);
		}
	});
	list.add('norm_f.weight', [hiddenSize]);
	if (!config.tieWordEmbeddings) list.linear('lm_head', [vocabSize, hiddenSize]);
	return list.specs;
}
