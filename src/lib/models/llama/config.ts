// The configuration of a Llama: what Hugging Face's `config.json` says for `model_type: "llama"`.
import {
	ConfigError,
	expectDivides,
	Fields,
	rotatedDimensions,
	type MlpActivation,
	type ModelConfig
} from '../config.ts';

export interface LlamaConfig extends ModelConfig {
	readonly intermediateSize: number;
	readonly numAttentionHeads: number;
	/** Heads of keys and values. */
	readonly numKeyValueHeads: number;
	readonly headDim: number;
	readonly maxPositions: number;
	readonly rmsNormEpsilon: number;
	readonly hiddenActivation: MlpActivation;
	readonly attentionBias: boolean;
	readonly mlpBias: boolean;
	/** Base of the rotary embedding. */
	readonly ropeTheta: number;
	/** Dimensions of a head that turn. */
	readonly rotaryDim: number;
}

/**
 * Read a parsed `config.json`. Fields that are absent or null take the defaults of transformers' `LlamaConfig`.
 * @throws ConfigError for another `model_type`, a scaled rotary embedding, dropout, sizes that do not fit one another
 */
export function parseLlamaConfig(json: unknown): LlamaConfig {
	const fields = new Fields(json, 'llama');
	fields.only('attention_dropout', 0, 'as dropout in attention is not supported');
	const common = fields.common({
		vocabSize: 32000,
		hiddenSize: 4096,
		layers: 32,
		tied: false,
		bos: 1,
		eos: 2
	});
	const { hiddenSize } = common;
	const numAttentionHeads = fields.count('num_attention_heads', 32);
	const numKeyValueHeads = fields.count('num_key_value_heads', numAttentionHeads);
	expectDivides(
		['num_key_value_heads', numKeyValueHeads],
		['num_attention_heads', numAttentionHeads]
	);
	const headDim = fields.count('head_dim', Math.floor(hiddenSize / numAttentionHeads) || 1);
	const rotary = fields.rotary({ base: 'rope_theta', part: 'partial_rotary_factor' }, 1);
	if (rotary.part !== 1)
		throw new ConfigError(
			`config.json says \`partial_rotary_factor\` is ${rotary.part}; a Llama turns whole heads: it must be 1.`
		);
	return {
		...common,
		initializerRange: fields.positive('initializer_range', 0.02),
		intermediateSize: fields.count('intermediate_size', 11008),
		numAttentionHeads,
		numKeyValueHeads,
		headDim,
		maxPositions: fields.count('max_position_embeddings', 2048),
		rmsNormEpsilon: fields.positive('rms_norm_eps', 1e-6),
		hiddenActivation: fields.activation('hidden_act', 'silu'),
		attentionBias: fields.flag('attention_bias', false),
		mlpBias: fields.flag('mlp_bias', false),
		ropeTheta: rotary.base,
		rotaryDim: rotatedDimensions(headDim, rotary)
	};
}
