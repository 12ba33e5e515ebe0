// The configuration of a GPT-NeoX (Pythia is one): what Hugging Face's `config.json` says for `model_type: "gpt_neox"`.
import {
	expectDivides,
	Fields,
	rotatedDimensions,
	type MlpActivation,
	type ModelConfig
} from '../config.ts';

export interface GptNeoxConfig extends ModelConfig {
	readonly intermediateSize: number;
	readonly numAttentionHeads: number;
	readonly headDim: number;
	readonly maxPositions: number;
	readonly layerNormEpsilon: number;
	readonly hiddenActivation: MlpActivation;
	readonly attentionBias: boolean;
	/** Attention and MLP read the same stream and are added to it together, instead of one after the other. */
	readonly useParallelResidual: boolean;
	/** Base of the rotary embedding. */
	readonly ropeTheta: number;
	/** Dimensions of a head that turn: the first ones. */
	readonly rotaryDim: number;
}

/**
 * Read a parsed `config.json`. Fields that are absent or null take the defaults of transformers' `GPTNeoXConfig`.
 * @throws ConfigError for another `model_type`, a scaled rotary embedding, dropout, sizes that do not fit one another
 */
export function parseGptNeoxConfig(json: unknown): GptNeoxConfig {
	const fields = new Fields(json, 'gpt_neox');
	fields.only('attention_dropout', 0, 'as dropout in attention is not supported');
	fields.only('hidden_dropout', 0, 'as dropout is not supported');
	const common = fields.common({
		vocabSize: 50432,
		hiddenSize: 6144,
		layers: 44,
		tied: false,
		bos: 0,
		eos: 2
	});
	const heads = fields.count('num_attention_heads', 64);
	expectDivides(['num_attention_heads', heads], ['hidden_size', common.hiddenSize]);
	const headDim = common.hiddenSize / heads;
	const rotary = fields.rotary({ base: 'rotary_emb_base', part: 'rotary_pct' }, 0.25);
	return {
		...common,
		intermediateSize: fields.count('intermediate_size', 24576),
		numAttentionHeads: heads,
		headDim,
		maxPositions: fields.count('max_position_embeddings', 2048),
		layerNormEpsilon: fields.positive('layer_norm_eps', 1e-5),
		hiddenActivation: fields.activation('hidden_act', 'gelu'),
		attentionBias: fields.flag('attention_bias', true),
		useParallelResidual: fields.flag('use_parallel_residual', true),
		ropeTheta: rotary.base,
		rotaryDim: rotatedDimensions(headDim, rotary)
	};
}
