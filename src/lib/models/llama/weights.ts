// Which tensors a Llama configuration needs.
import { WeightList, type WeightSpec } from '../weights.ts';
import type { LlamaConfig } from './config.ts';

/** The tensors of a configuration, in the order of a forward pass. A tied head is the embeddings and is not listed twice. */
export function llamaWeights(config: LlamaConfig): WeightSpec[] {
	const { hiddenSize, vocabSize, intermediateSize, headDim } = config;
	const queries = config.numAttentionHeads * headDim;
	const keys = config.numKeyValueHeads * headDim;
	const list = new WeightList(['model.', '']);
	list.add('embed_tokens.weight', [vocabSize, hiddenSize]);
	for (let layer = 0; layer < config.numHiddenLayers; layer++) {
		const attention = `layers.${layer}.self_attn`;
		const mlp = `layers.${layer}.mlp`;
		const attentionBias = { bias: config.attentionBias };
		const mlpBias = { bias: config.mlpBias };
		list.add(`layers.${layer}.input_layernorm.weight`, [hiddenSize]);
		list.linear(`${attention}.q_proj`, [queries, hiddenSize], attentionBias);
		list.linear(`${attention}.k_proj`, [keys, hiddenSize], attentionBias);
		list.linear(`${attention}.v_proj`, [keys, hiddenSize], attentionBias);
		list.linear(`${attention}.o_proj`, [hiddenSize, queries], attentionBias);
		list.add(`layers.${layer}.post_attention_layernorm.weight`, [hiddenSize]);
		list.linear(`${mlp}.gate_proj`, [intermediateSize, hiddenSize], mlpBias);
		list.linear(`${mlp}.up_proj`, [intermediateSize, hiddenSize], mlpBias);
		list.linear(`${mlp}.down_proj`, [hiddenSize, intermediateSize], mlpBias);
	}
	list.add('norm.weight', [hiddenSize]);
	if (!config.tieWordEmbeddings) list.linear('lm_head', [vocabSize, hiddenSize]);
	return list.specs;
}
