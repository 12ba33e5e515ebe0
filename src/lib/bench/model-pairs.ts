// Whole models that the lab compares: a Transformer, a Mamba of the same width and depth, and a Mamba with as many parameters. Speed
// does not depend on weights, so models of zeros stand for them and nothing is downloaded.

export const PAIR_SIZES = ['stories', 'published'] as const;
/** `stories`: as the storytellers of this site. `published`: 130 million parameters, as the smallest published Mamba. */
export type PairSize = (typeof PAIR_SIZES)[number];

export const ROLES = ['transformer', 'mamba-width', 'mamba-parameters'] as const;
export type Role = (typeof ROLES)[number];

export interface PairModel {
	readonly name: string;
	readonly role: Role;
	/** All weights; the table of embeddings is the head's, too. */
	readonly parameters: number;
	/** As a `config.json` has it. */
	readonly config: Readonly<Record<string, unknown>>;
}

const llama = (hidden: number, layers: number, inner: number, vocabulary: number) => ({
	model_type: 'llama',
	architectures: ['LlamaForCausalLM'],
	vocab_size: vocabulary,
	hidden_size: hidden,
	num_hidden_layers: layers,
	num_attention_heads: hidden / 64,
	num_key_value_heads: hidden / 64,
	head_dim: 64,
	intermediate_size: inner,
	hidden_act: 'silu',
	max_position_embeddings: 2048,
	rope_theta: 10000,
	rms_norm_eps: 1e-5,
	attention_bias: false,
	mlp_bias: false,
	tie_word_embeddings: true,
	bos_token_id: 0,
	eos_token_id: 0
});

const mamba = (hidden: number, layers: number, vocabulary: number) => ({
	model_type: 'mamba',
	architectures: ['MambaForCausalLM'],
	vocab_size: vocabulary,
	hidden_size: hidden,
	num_hidden_layers: layers,
	state_size: 16,
	expand: 2,
	intermediate_size: 2 * hidden,
	conv_kernel: 4,
	time_step_rank: hidden / 16,
	use_bias: false,
	use_conv_bias: true,
	hidden_act: 'silu',
	layer_norm_epsilon: 1e-5,
	residual_in_fp32: true,
	tie_word_embeddings: true,
	bos_token_id: 0,
	eos_token_id: 0
});

/** The Transformers' inner widths are such that the second Mamba has as many parameters, to one in a hundred. */
export const MODEL_PAIRS: Readonly<Record<PairSize, readonly PairModel[]>> = {
	stories: [
		{
			name: 'transformer-256',
			role: 'transformer',
			parameters: 3_672_320,
			config: llama(256, 4, 512, 4096)
		},
		{
			name: 'mamba-256-4',
			role: 'mamba-width',
			parameters: 2_800_896,
			config: mamba(256, 4, 4096)
		},
		{
			name: 'mamba-256-6',
			role: 'mamba-parameters',
			parameters: 3_676_928,
			config: mamba(256, 6, 4096)
		}
	],
	published: [
		{
			name: 'transformer-768',
			role: 'transformer',
			parameters: 129_319_680,
			config: llama(768, 12, 2256, 50280)
		},
		{
			name: 'mamba-768-12',
			role: 'mamba-width',
			parameters: 83_875_584,
			config: mamba(768, 12, 50280)
		},
		{
			name: 'mamba-768-24',
			role: 'mamba-parameters',
			parameters: 129_135_360,
			config: mamba(768, 24, 50280)
		}
	]
};

/** Contexts after which a token is timed. */
export const CONTEXTS = {
	tiny: [16, 64],
	small: [64, 256, 1024],
	middle: [64, 256, 1024, 4096],
	large: [64, 256, 1024, 4096, 16384, 65536]
} as const;
