// Nemotron-H (NVIDIA 2025): Mamba-2, attention without positions and ReLU² MLPs, in any order; each layer is one of them behind an
// RMS norm. Names: blocks/mamba2.ts, blocks/attention.ts and blocks/mlp.ts.
import type { Tensor } from '#lib/engine/index.ts';
import { underPath, type Architecture } from '../architecture.ts';
import {
	advancePosition,
	ATTENTION_TRACED,
	attentionBlock,
	carriedByAttention
} from '../blocks/attention.ts';
import { carriedByMamba2, editableMamba2, MAMBA2_TRACED, mamba2Mixer } from '../blocks/mamba2.ts';
import { mlp, MLP_TRACED } from '../blocks/mlp.ts';
import { normedInput, normOf } from '../blocks/norm.ts';
import type { Scope } from '../scope.ts';
import type { NemotronHConfig } from './config.ts';
import { mamba2Shape, nemotronHWeights } from './weights.ts';

const STATELESS = { attention: 'attention', mlp: 'an MLP' };
const TRACED = { mamba2: MAMBA2_TRACED, attention: ATTENTION_TRACED, mlp: MLP_TRACED };

export function nemotronH(config: NemotronHConfig): Architecture<NemotronHConfig> {
	const { layerNormEpsilon: epsilon, layers } = config;
	const mamba2 = mamba2Shape(config);
	const attention = {
		heads: config.numAttentionHeads,
		kvHeads: config.numKeyValueHeads,
		headDim: config.headDim,
		rotaryDim: 0
	};
	return {
		modelType: 'nemotron_h',
		config,
		weights: nemotronHWeights(config),
		embeddings: 'embeddings.weight',
		head: config.tieWordEmbeddings ? 'embeddings.weight' : 'lm_head.weight',
		editable: (layer) => {
			const kind = layers[layer];
			return kind === 'mamba2'
				? editableMamba2(mamba2)
				: `Layer ${layer} of this hybrid is ${STATELESS[kind]}: it has no state to hold. Skip it, or choose a Mamba layer.`;
		},
		carried: (batch, capacity) =>
			layers.flatMap((kind, l) => {
				const path = `layers.${l}.mixer`;
				if (kind === 'mamba2') return carriedByMamba2(path, mamba2, batch);
				return kind === 'attention' ? carriedByAttention(path, attention, batch, capacity) : [];
			}),
		...(layers.includes('attention') && { advance: advancePosition }),
		finalNorm: (model) => normOf(model, 'norm_f', epsilon),
		layer(layer: Scope, hidden: Tensor, index: number) {
			const mixer = layer.within('mixer');
			const input = normedInput(layer, hidden, normOf(layer, 'norm', epsilon));
			switch (layers[index]) {
				case 'mamba2':
					return mamba2Mixer(mixer, input, hidden, mamba2, layer.run.edits?.get(index));
				case 'attention':
					return attentionBlock(mixer, input, hidden, attention, {
						projections: ['q_proj', 'k_proj', 'v_proj'],
						out: 'o_proj'
					});
				case 'mlp':
					return mlp(mixer, input, hidden, config.mlpActivation, {
						up: 'up_proj',
						down: 'down_proj'
					});
			}
		},
		traced: (index) => underPath('mixer', TRACED[layers[index]])
	};
}
