// The configuration of a Mamba-2: what Hugging Face's `config.json` says for `model_type: "mamba2"`.
import { ConfigError, expectDivides, Fields, type ModelConfig } from '../config.ts';

/** Letters in brackets are the papers'. */
export interface Mamba2Config extends ModelConfig {
	/** States of a channel (N). */
	readonly stateSize: number;
	/** H; H · P is expand · hiddenSize. */
	readonly numHeads: number;
	/** P */
	readonly headDim: number;
	/** Groups of heads that share B and C (G). */
	readonly nGroups: number;
	/** Tokens that the convolution sees (K). */
	readonly convKernel: number;
	/** How transformers cuts its sums; what they are does not depend on it. */
	readonly chunkSize: number;
	/** Biases of in_proj and out_proj. */
	readonly useBias: boolean;
	readonly useConvBias: boolean;
	readonly layerNormEpsilon: number;
	/** Δ is kept within these. */
	readonly timeStepLimit: readonly [least: number, most: number];
}

/**
 * Read a parsed `config.json`. Fields that are absent or null take the defaults of transformers' `Mamba2Config`.
 * @throws ConfigError for another `model_type`, an activation other than SiLU, sizes that do not fit one another
 */
export function parseMamba2Config(json: unknown): Mamba2Config {
	const fields = new Fields(json, 'mamba2');
	fields.silu('hidden_act');
	fields.only('rms_norm', true, 'the gated norm before out_proj');
	const common = fields.common({
		vocabSize: 32768,
		hiddenSize: 4096,
		layers: 64,
		tied: false,
		bos: 0,
		eos: 2
	});
	const expand = fields.positive('expand', 2);
	const numHeads = fields.count('num_heads', 128);
	const headDim = fields.count('head_dim', 64);
	const nGroups = fields.count('n_groups', 8);
	const inner = Math.floor(expand * common.hiddenSize);
	if (numHeads * headDim !== inner)
		throw new ConfigError(
			`config.json says \`num_heads\` · \`head_dim\` is ${numHeads} · ${headDim}; it must be \`expand\` · \`hidden_size\`, ${inner}.`
		);
	expectDivides(['n_groups', nGroups], ['num_heads', numHeads]);
	return {
		...common,
		initializerRange: fields.positive('initializer_range', 0.02),
		stateSize: fields.count('state_size', 128),
		numHeads,
		headDim,
		nGroups,
		convKernel: fields.count('conv_kernel', 4),
		chunkSize: fields.count('chunk_size', 256),
		useBias: fields.flag('use_bias', false),
		useConvBias: fields.flag('use_conv_bias', true),
		layerNormEpsilon: fields.positive('layer_norm_epsilon', 1e-5),
		timeStepLimit: fields.timeStepLimit()
	};
}
