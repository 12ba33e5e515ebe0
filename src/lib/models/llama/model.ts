// Llama (Touvron et al. 2023): attention with rotary positions and grouped queries, then a gated MLP, each behind an RMS norm and
// with a residual of its own. Names: blocks/attention.ts and blocks/mlp.ts.
import { rotaryTable } from '#kernels/rotary/index.ts';
import { underPath, type Architecture } from '../architecture.ts';
import {
	advancePosition,
	ATTENTION_TRACED,
	attentionBlock,
	carriedByAttention,
	noStateInTransformer
} from '../blocks/attention.ts';
import { GATED_MLP_TRACED, gatedMlp } from '../blocks/mlp.ts';
import { normedInput, normOf } from '../blocks/norm.ts';
import type { LlamaConfig } from './config.ts';
import { llamaWeights } from './weights.ts';

export function llama(config: LlamaConfig): Architecture<LlamaConfig> {
	const { rmsNormEpsilon: epsilon, rotaryDim } = config;
	const shape = {
		heads: config.numAttentionHeads,
		kvHeads: config.numKeyValueHeads,
		headDim: config.headDim,
		rotaryDim
	};
	return {
		modelType: 'llama',
		config,
		weights: llamaWeights(config),
		embeddings: 'embed_tokens.weight',
		head: config.tieWordEmbeddings ? 'embed_tokens.weight' : 'lm_head.weight',
		rotary: {
			dimensions: rotaryDim,
			table: (positions) => rotaryTable(config.ropeTheta, rotaryDim, positions)
		},
		editable: noStateInTransformer,
		carried: (batch, capacity) =>
			Array.from({ length: config.numHiddenLayers }, (_, l) =>
				carriedByAttention(`layers.${l}.self_attn`, shape, batch, capacity)
			).flat(),
		advance: advancePosition,
		finalNorm: (model) => normOf(model, 'norm', epsilon),
		layer(layer, hidden) {
			const attended = attentionBlock(
				layer.within('self_attn'),
				normedInput(layer, hidden, normOf(layer, 'input_layernorm', epsilon)),
				hidden,
				shape,
				{ projections: ['q_proj', 'k_proj', 'v_proj'], out: 'o_proj' }
			);
			return gatedMlp(
				layer.within('mlp'),
				normedInput(layer, attended, normOf(layer, 'post_attention_layernorm', epsilon)),
				attended,
				config.hiddenActivation,
				{ gate: 'gate_proj', up: 'up_proj', down: 'down_proj' }
			);
		},
		traced: () => [
			...underPath('self_attn', ATTENTION_TRACED),
			...underPath('mlp', GATED_MLP_TRACED)
		]
	};
}
