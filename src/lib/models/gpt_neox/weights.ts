// Which tensors a GPT-NeoX configuration needs.
import { WeightList, type WeightSpec } from '../weights.ts';
import type { GptNeoxConfig } from './config.ts';

/** The tensors of a configuration, in the order of a forward pass. A tied head is the embeddings and is not listed twice. */
export function gptNeoxWeights(config: GptNeoxConfig): WeightSpec[] {
	const { hiddenSize, vocabSize, intermediateSize } = config;
	const list = new WeightList(['gpt_neox.', '']);
	const norm = (name: string) => {
		list.add(`${name}.weight`, [hiddenSize]);
		list.add(`${name}.bias`, [hiddenSize]);
	};
	const bias = config.attentionBias;
	list.add('embed_in.weight', [vocabSize, hiddenSize]);
	for (let layer = 0; layer < config.numHiddenLayers; layer++) {
		const path = `layers.${layer}`;
		norm(`${path}.input_layernorm`);
		list.linear(`${path}.attention.query_key_value`, [3 * hiddenSize, hiddenSize], {
			bias,
			rows: queriesKeysValues(config)
		});
		list.linear(`${path}.attention.dense`, [hiddenSize, hiddenSize], { bias });
		norm(`${path}.post_attention_layernorm`);
		list.linear(`${path}.mlp.dense_h_to_4h`, [intermediateSize, hiddenSize], { bias: true });
		list.linear(`${path}.mlp.dense_4h_to_h`, [hiddenSize, intermediateSize], { bias: true });
	}
	norm('final_layer_norm');
	// Files from before transformers 5.17 say `embed_out`.
	if (!config.tieWordEmbeddings)
		list.add('lm_head.weight', [vocabSize, hiddenSize], { aliases: ['embed_out.weight'] });
	return list.specs;
}

/**
 * The file has, for each head, the rows of its query, its key, its value; ours are all queries, then all keys, then all values.
 * @returns for each of our rows, the file's
 */
function queriesKeysValues({ numAttentionHeads, headDim }: GptNeoxConfig): number[] {
	const rows: number[] = [];
	for (let which = 0; which < 3; which++)
		for (let head = 0; head < numAttentionHeads; head++)
			for (let i = 0; i < headDim; i++) rows.push((3 * head + which) * headDim + i);
	return rows;
}
