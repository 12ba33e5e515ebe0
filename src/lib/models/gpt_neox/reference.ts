// A whole GPT-NeoX in plain float64.
import {
	ACTIVATIONS,
	add,
	attention,
	columns,
	layerNorm,
	linear,
	rotated,
	type PlainModel
} from '../plain.ts';
import type { GptNeoxConfig } from './config.ts';

/** The rows of query_key_value are in our order: all queries, all keys, all values. */
export function gptNeoxReference(config: GptNeoxConfig): PlainModel {
	const { hiddenSize, headDim, rotaryDim, ropeTheta, layerNormEpsilon: epsilon } = config;
	const act = ACTIVATIONS[config.hiddenActivation];
	return {
		embeddings: 'embed_in',
		head: config.tieWordEmbeddings ? 'embed_in' : 'lm_head',
		hiddenSize,
		layers: config.numHiddenLayers,
		layer(weights, hidden) {
			const heads = weights.within('attention');
			const seen = layerNorm(weights, 'input_layernorm', hidden, epsilon);
			const qkv = linear(heads, 'query_key_value', seen);
			const part = (which: number) => columns(qkv, which * hiddenSize, (which + 1) * hiddenSize);
			const [q, k] = [part(0), part(1)].map((x) => rotated(x, headDim, rotaryDim, ropeTheta));
			const attended = add(hidden, linear(heads, 'dense', attention(q, k, part(2), headDim)));

			const mlp = weights.within('mlp');
			const stream = config.useParallelResidual ? hidden : attended;
			const input = layerNorm(weights, 'post_attention_layernorm', stream, epsilon);
			const inner = linear(mlp, 'dense_h_to_4h', input).map((row) => row.map(act));
			return add(attended, linear(mlp, 'dense_4h_to_h', inner));
		},
		finalNorm: (weights, hidden) => layerNorm(weights, 'final_layer_norm', hidden, epsilon)
	};
}
