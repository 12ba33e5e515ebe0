// A whole Llama in plain float64.
import {
	ACTIVATIONS,
	add,
	attention,
	linear,
	rmsNorm,
	rotated,
	type PlainModel
} from '../plain.ts';
import type { LlamaConfig } from './config.ts';

export function llamaReference(config: LlamaConfig): PlainModel {
	const { headDim, rotaryDim, ropeTheta, rmsNormEpsilon: epsilon } = config;
	const act = ACTIVATIONS[config.hiddenActivation];
	return {
		embeddings: 'embed_tokens',
		head: config.tieWordEmbeddings ? 'embed_tokens' : 'lm_head',
		hiddenSize: config.hiddenSize,
		layers: config.numHiddenLayers,
		layer(weights, hidden) {
			const heads = weights.within('self_attn');
			const seen = rmsNorm(hidden, weights.of('input_layernorm.weight'), epsilon);
			const [q, k] = ['q_proj', 'k_proj'].map((name) =>
				rotated(linear(heads, name, seen), headDim, rotaryDim, ropeTheta)
			);
			const read = attention(q, k, linear(heads, 'v_proj', seen), headDim);
			const attended = add(hidden, linear(heads, 'o_proj', read));

			const mlp = weights.within('mlp');
			const input = rmsNorm(attended, weights.of('post_attention_layernorm.weight'), epsilon);
			const up = linear(mlp, 'up_proj', input);
			const inner = linear(mlp, 'gate_proj', input).map((row, t) =>
				row.map((v, i) => act(v) * up[t][i])
			);
			return add(attended, linear(mlp, 'down_proj', inner));
		},
		finalNorm: (weights, hidden) => rmsNorm(hidden, weights.of('norm.weight'), epsilon)
	};
}
