// The recipes of all models that this project trains.
import type { Recipe, TextRecipe } from './recipe.ts';

/** Stories first of all kinds, then more and more of the simplest. */
const STORIES: TextRecipe = {
	kind: 'text',
	length: 512,
	sources: [{ file: 'stories', chance: { first: 0.12, last: 0.52 } }, { file: 'general' }],
	heldOut: { file: 'stories', tokens: 30_000 }
};

const stories = (
	name: string,
	description: string,
	config: Recipe['config'],
	rate = 3e-3
): Recipe => ({
	name,
	description,
	config: {
		vocab_size: 4096,
		hidden_size: 256,
		tie_word_embeddings: true,
		bos_token_id: 0,
		eos_token_id: 0,
		pad_token_id: 0,
		...config
	},
	data: STORIES,
	rows: 64,
	dropout: 0.1,
	optimiser: {
		rate,
		warmUp: 100,
		steps: 4368,
		last: 0.05,
		beta1: 0.9,
		beta2: 0.95,
		epsilon: 1e-8,
		decay: 0.1,
		clip: 1
	},
	seed: 1,
	evaluateEvery: 250
});

const MAMBA = {
	architectures: ['MambaForCausalLM'],
	model_type: 'mamba',
	num_hidden_layers: 6,
	state_size: 16,
	expand: 2,
	intermediate_size: 512,
	conv_kernel: 4,
	time_step_rank: 16,
	use_bias: false,
	use_conv_bias: true,
	hidden_act: 'silu',
	layer_norm_epsilon: 1e-5,
	residual_in_fp32: true
};

/** By name. */
export const RECIPES: ReadonlyMap<string, Recipe> = new Map(
	[
		stories('stories-mamba', 'A Mamba that writes short stories for children.', MAMBA),
		stories(
			'stories-mamba-zoh',
			'The twin of stories-mamba with B̄ by the zero-order hold, as the paper has it.',
			{ ...MAMBA, discretisation: 'zoh' }
		),
		stories('stories-mamba2', 'A Mamba-2 that writes short stories for children.', {
			architectures: ['Mamba2ForCausalLM'],
			model_type: 'mamba2',
			num_hidden_layers: 6,
			state_size: 64,
			expand: 2,
			num_heads: 8,
			head_dim: 64,
			n_groups: 1,
			conv_kernel: 4,
			chunk_size: 64,
			use_bias: false,
			use_conv_bias: true,
			hidden_act: 'silu',
			rms_norm: true,
			layer_norm_epsilon: 1e-5,
			residual_in_fp32: true
		}),
		stories(
			'stories-transformer',
			'A Transformer with rotary positions and gated MLPs that writes short stories for children.',
			{
				architectures: ['LlamaForCausalLM'],
				model_type: 'llama',
				num_hidden_layers: 4,
				num_attention_heads: 4,
				num_key_value_heads: 4,
				head_dim: 64,
				intermediate_size: 512,
				hidden_act: 'silu',
				max_position_embeddings: 2048,
				rope_theta: 10000,
				rms_norm_eps: 1e-5,
				attention_bias: false,
				mlp_bias: false
			},
			2e-3
		),
		stories(
			'stories-hybrid',
			'Mamba-2 layers with one of attention among them, and MLPs, that write short stories for children.',
			{
				architectures: ['NemotronHForCausalLM'],
				model_type: 'nemotron_h',
				hybrid_override_pattern: 'M-M*M-M',
				num_hidden_layers: 7,
				ssm_state_size: 64,
				mamba_num_heads: 8,
				mamba_head_dim: 64,
				n_groups: 1,
				conv_kernel: 4,
				chunk_size: 64,
				use_bias: false,
				use_conv_bias: true,
				mamba_hidden_act: 'silu',
				num_attention_heads: 4,
				num_key_value_heads: 4,
				head_dim: 64,
				attention_bias: false,
				intermediate_size: 640,
				mlp_bias: false,
				mlp_hidden_act: 'relu2',
				layer_norm_epsilon: 1e-5,
				max_position_embeddings: 2048
			}
		)
	].map((recipe) => [recipe.name, recipe])
);
