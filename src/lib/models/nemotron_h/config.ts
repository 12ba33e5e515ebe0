// The configuration of a Nemotron-H: what Hugging Face's `config.json` says for `model_type: "nemotron_h"`.
import {
	ConfigError,
	expectDivides,
	Fields,
	type MlpActivation,
	type ModelConfig
} from '../config.ts';

export type LayerKind = 'mamba2' | 'attention' | 'mlp';

/** Letters in brackets are the papers'. */
export interface NemotronHConfig extends ModelConfig {
	/** What each layer is. */
	readonly layers: readonly LayerKind[];
	readonly layerNormEpsilon: number;
	/** States of a channel of Mamba-2 (N). */
	readonly stateSize: number;
	/** H */
	readonly mambaNumHeads: number;
	/** P */
	readonly mambaHeadDim: number;
	/** Groups of heads that share B, C and a norm (G). */
	readonly nGroups: number;
	/** Tokens that the convolution sees (K). */
	readonly convKernel: number;
	/** Biases of in_proj and out_proj. */
	readonly useBias: boolean;
	readonly useConvBias: boolean;
	/** Δ is at least this. */
	readonly timeStepMin: number;
	readonly numAttentionHeads: number;
	/** Heads of keys and values. */
	readonly numKeyValueHeads: number;
	readonly headDim: number;
	readonly attentionBias: boolean;
	readonly maxPositions: number;
	readonly intermediateSize: number;
	readonly mlpBias: boolean;
	readonly mlpActivation: MlpActivation;
}

/** Letters of `hybrid_override_pattern` and words of `layers_block_type`, old and new. */
const KINDS: Readonly<Record<string, LayerKind>> = {
	M: 'mamba2',
	'*': 'attention',
	'-': 'mlp',
	mamba: 'mamba2',
	linear_attention: 'mamba2',
	attention: 'attention',
	full_attention: 'attention',
	mlp: 'mlp'
};

/**
 * Read a parsed `config.json`. Fields that are absent or null take the defaults of transformers' `NemotronHConfig`.
 * @throws ConfigError for another `model_type`, layers of experts, dropout, a sliding window, sizes that do not fit one another
 */
export function parseNemotronHConfig(json: unknown): NemotronHConfig {
	const fields = new Fields(json, 'nemotron_h');
	fields.silu('mamba_hidden_act');
	fields.only('attention_dropout', 0, 'as dropout in attention is not supported');
	fields.only('hidden_dropout', 0, 'as dropout is not supported');
	fields.only('sliding_window', null, 'as attention sees all tokens before it here');
	const layers = layersOf(fields);
	const common = fields.common({
		vocabSize: 131072,
		hiddenSize: 4096,
		layers: layers.length,
		tied: false,
		bos: 1,
		eos: 2
	});
	const count = (name: string, otherwise: number) => fields.count(name, otherwise);
	const mambaNumHeads = count('mamba_num_heads', 128);
	const nGroups = count('n_groups', 8);
	expectDivides(['n_groups', nGroups], ['mamba_num_heads', mambaNumHeads]);
	const numAttentionHeads = count('num_attention_heads', 32);
	const numKeyValueHeads = count('num_key_value_heads', 8);
	expectDivides(
		['num_key_value_heads', numKeyValueHeads],
		['num_attention_heads', numAttentionHeads]
	);
	return {
		...common,
		// The list of layers counts; `num_hidden_layers` is of older files.
		numHiddenLayers: layers.length,
		layers,
		layerNormEpsilon: fields.positive('layer_norm_epsilon', 1e-5),
		stateSize: count('ssm_state_size', 128),
		mambaNumHeads,
		mambaHeadDim: count('mamba_head_dim', 64),
		nGroups,
		convKernel: count('conv_kernel', 4),
		useBias: fields.flag('use_bias', false),
		useConvBias: fields.flag('use_conv_bias', true),
		timeStepMin: fields.field('time_step_min', 0.001, (v) => Number(v) >= 0, 'at least 0'),
		numAttentionHeads,
		numKeyValueHeads,
		headDim: count('head_dim', 128),
		attentionBias: fields.flag('attention_bias', false),
		maxPositions: count('max_position_embeddings', 4096),
		intermediateSize: count('intermediate_size', 21504),
		mlpBias: fields.flag('mlp_bias', false),
		mlpActivation: fields.activation('mlp_hidden_act', 'relu2')
	};
}

function layersOf({ all }: Fields): LayerKind[] {
	const pattern = all.hybrid_override_pattern;
	const list: unknown =
		all.layers_block_type ??
		all.layer_types ??
		(typeof pattern === 'string' ? [...pattern.replaceAll('|', '')] : undefined);
	const names = Array.isArray(list) ? (list as unknown[]) : [];
	if (names.length === 0)
		throw new ConfigError(
			'config.json has neither `layers_block_type` nor `hybrid_override_pattern`: what are its layers?'
		);
	return names.map((name) => {
		const kind = KINDS[String(name)];
		if (!kind)
			throw new ConfigError(
				`config.json has a layer ${JSON.stringify(name)}; layers here are Mamba-2 (M), attention (*) and MLP (-).`
			);
		return kind;
	});
}
