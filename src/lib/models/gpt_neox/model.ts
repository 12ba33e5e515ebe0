// GPT-NeoX (Black et al. 2022): attention with partly rotary positions and an MLP, side by side on the same stream or one after the
// other, each behind a layer norm. Names: blocks/attention.ts and blocks/mlp.ts.
import { rotaryTable } from '#kernels/rotary/index.ts';
import { underPath, type Architecture } from '../architecture.ts';
import {
	advancePosition,
	ATTENTION_TRACED,
	attentionBlock,
	carriedByAttention,
	noStateInTransformer
} from '../blocks/attention.ts';
import { mlp, MLP_TRACED } from '../blocks/mlp.ts';
import { normedInput, normOf } from '../blocks/norm.ts';
import type { GptNeoxConfig } from './config.ts';
import { gptNeoxWeights } from './weights.ts';

export function gptNeox(config: GptNeoxConfig): Architecture<GptNeoxConfig> {
	const { layerNormEpsilon: epsilon, numAttentionHeads: heads, headDim, rotaryDim } = config;
	const shape = { heads, kvHeads: heads, headDim, rotaryDim };
	return {
		modelType: 'gpt_neox',
		config,
		weights: gptNeoxWeights(config),
		embeddings: 'embed_in.weight',
		head: config.tieWordEmbeddings ? 'embed_in.weight' : 'lm_head.weight',
		rotary: {
			dimensions: rotaryDim,
			table: (positions) => rotaryTable(config.ropeTheta, rotaryDim, positions)
		},
		editable: noStateInTransformer,
		carried: (batch, capacity) =>
			Array.from({ length: config.numHiddenLayers }, (_, l) =>
				carriedByAttention(`layers.${l}.attention`, shape, batch, capacity)
			).flat(),
		advance: advancePosition,
		finalNorm: (model) => normOf(model, 'final_layer_norm', epsilon),
		layer(layer, hidden) {
			const attended = attentionBlock(
				layer.within('attention'),
				normedInput(layer, hidden, normOf(layer, 'input_layernorm', epsilon)),
				hidden,
				shape,
				{ projections: 'query_key_value', out: 'dense' }
			);
			const read = config.useParallelResidual ? hidden : attended;
			return mlp(
				layer.within('mlp'),
				normedInput(layer, read, normOf(layer, 'post_attention_layernorm', epsilon)),
				attended,
				config.hiddenActivation,
				{ up: 'dense_h_to_4h', down: 'dense_4h_to_h' }
			);
		},
		traced: () => [...underPath('attention', ATTENTION_TRACED), ...underPath('mlp', MLP_TRACED)]
	};
}
