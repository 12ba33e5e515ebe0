// The recipes of all models that this project trains.
import { RecipeError, type Recipe, type TextRecipe } from './recipe.ts';
import { taskOf } from './tasks/index.ts';

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

const STORY_RECIPES: readonly Recipe[] = [
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
];

/** Reads the genome of one strain, is measured on another's. */
const DNA: Recipe = {
	name: 'dna-mamba',
	description: 'A Mamba that reads the genome of Escherichia coli base by base.',
	config: {
		...MAMBA,
		vocab_size: 5,
		hidden_size: 128,
		intermediate_size: 256,
		num_hidden_layers: 4,
		time_step_rank: 8,
		tie_word_embeddings: true,
		bos_token_id: 0,
		eos_token_id: 0,
		pad_token_id: 0
	},
	data: {
		kind: 'text',
		length: 1024,
		sources: [{ file: 'ecoli-k12' }],
		heldOut: { file: 'ecoli-536', tokens: 256 * 1024 + 1 }
	},
	rows: 32,
	optimiser: {
		rate: 3e-3,
		warmUp: 100,
		steps: 3000,
		last: 0.05,
		beta1: 0.9,
		beta2: 0.95,
		epsilon: 1e-8,
		decay: 0.1,
		clip: 1
	},
	seed: 1,
	evaluateEvery: 250
};

const COMMON = { tie_word_embeddings: true, bos_token_id: null, eos_token_id: null };
const HIDDEN = 64;

const SMALL_MAMBA = {
	...COMMON,
	architectures: ['MambaForCausalLM'],
	model_type: 'mamba',
	hidden_size: HIDDEN,
	num_hidden_layers: 2,
	state_size: 16
};
const CONSTANTS = { delta: false, B: false, C: false };

/** What a Mamba is without some of what makes it one. Its block, sizes, trainer and rates stay. */
const ABLATIONS: Readonly<Record<string, Recipe['config']>> = {
	'mamba-delta-only': { ...SMALL_MAMBA, selective: { ...CONSTANTS, delta: true } },
	'mamba-b-only': { ...SMALL_MAMBA, selective: { ...CONSTANTS, B: true } },
	'mamba-c-only': { ...SMALL_MAMBA, selective: { ...CONSTANTS, C: true } },
	'mamba-no-conv': { ...SMALL_MAMBA, conv: false },
	// As s4d, with complex A: eight pairs of poles that ring where that has sixteen that fade.
	's4d-complex': { ...SMALL_MAMBA, selective: CONSTANTS, complex: true }
};

/** Small models of about 70,000 to 100,000 parameters, by the name of their architecture; their vocabulary is the task's. */
const SMALL: Readonly<Record<string, Recipe['config']>> = {
	mamba: SMALL_MAMBA,
	// The same block with Δ, B and C as learnt constants: time-invariant, with real A (S4D-Real).
	s4d: { ...SMALL_MAMBA, selective: CONSTANTS },
	mamba2: {
		...COMMON,
		architectures: ['Mamba2ForCausalLM'],
		model_type: 'mamba2',
		hidden_size: HIDDEN,
		num_hidden_layers: 2,
		state_size: 16,
		num_heads: 4,
		head_dim: 32,
		n_groups: 1,
		chunk_size: 64
	},
	transformer: {
		...COMMON,
		architectures: ['LlamaForCausalLM'],
		model_type: 'llama',
		hidden_size: HIDDEN,
		num_hidden_layers: 2,
		num_attention_heads: 4,
		num_key_value_heads: 4,
		head_dim: 16,
		intermediate_size: 128,
		max_position_embeddings: 2048,
		rope_theta: 10000,
		rms_norm_eps: 1e-5,
		// The usual 0.02 is made for widths of a thousand; from it, this width takes long to begin.
		initializer_range: 0.1
	},
	hybrid: {
		...COMMON,
		architectures: ['NemotronHForCausalLM'],
		model_type: 'nemotron_h',
		hidden_size: HIDDEN,
		hybrid_override_pattern: 'M*M-',
		num_hidden_layers: 4,
		ssm_state_size: 16,
		mamba_num_heads: 4,
		mamba_head_dim: 32,
		n_groups: 1,
		chunk_size: 64,
		num_attention_heads: 4,
		num_key_value_heads: 4,
		head_dim: 16,
		intermediate_size: 256,
		max_position_embeddings: 2048
	},
	// As many units as make its parameters the Mamba's.
	gru: {
		...COMMON,
		model_type: 'gru',
		hidden_size: HIDDEN,
		num_hidden_layers: 2,
		state_size: 72
	},
	...ABLATIONS
};

/** Architectures that have a small model for tasks. */
export const SMALL_MODELS: readonly string[] = Object.keys(SMALL);

interface TaskSettings {
	/** The task's. */
	readonly options?: Readonly<Record<string, number>>;
	readonly steps: number;
	readonly rows: number;
	/** By architecture, where it is not the usual one. */
	readonly rates?: Readonly<Record<string, number>>;
	/** Fields of `config.json` by architecture, beyond those of its small model. */
	readonly config?: Readonly<Record<string, Recipe['config']>>;
	/** Of `ABLATIONS`: the lessons ask here what each part of a Mamba buys. */
	readonly ablated?: readonly string[];
}

/** Every architecture gets as many steps and rows as the others; the rate is what suits it. */
const RATES: Readonly<Record<string, number>> = {
	mamba: 5e-3,
	mamba2: 5e-3,
	transformer: 2e-3,
	hybrid: 3e-3,
	gru: 5e-3
};
/** What has a Mamba's block has its settings. */
const likeOf = (model: string): string =>
	model === 's4d' || Object.hasOwn(ABLATIONS, model) ? 'mamba' : model;
const rateFor = (model: string, { rates }: TaskSettings): number =>
	rates?.[model] ?? rates?.[likeOf(model)] ?? RATES[likeOf(model)];

const USUAL: TaskSettings = { steps: 4000, rows: 64 };
const PHONEBOOK: TaskSettings = { steps: 4000, rows: 128, rates: { transformer: 4e-3 } };

const TASKS: Readonly<Record<string, TaskSettings>> = {
	copying: { ...USUAL, steps: 2000, rates: { mamba: 3e-3 }, ablated: ['s4d-complex'] },
	'selective-copying': {
		...USUAL,
		steps: 6000,
		rates: { mamba: 1e-2 },
		ablated: Object.keys(ABLATIONS)
	},
	'induction-heads': {
		...USUAL,
		steps: 1500,
		rows: 32,
		rates: { mamba: 3e-3 },
		ablated: Object.keys(ABLATIONS)
	},
	'associative-recall': {
		steps: 3000,
		rows: 256,
		options: { length: 64, pairs: 8, vocabSize: 64 },
		// From embeddings of 0.02 a Mamba of this width only ever learnt to name some value of the list, and whether a Mamba-2 learnt
		// more was left to its seed.
		rates: { mamba: 3e-3, mamba2: 3e-3 },
		config: { mamba: { initializer_range: 0.5 }, mamba2: { initializer_range: 0.5 } }
	},
	phonebook: PHONEBOOK,
	'phonebook-reversed': PHONEBOOK,
	needle: { ...USUAL, steps: 2000 },
	counting: USUAL
};

/**
 * The recipe of a small model for a task.
 * @param options the task's, instead of the recipe's own
 * @param config fields of `config.json`, instead of the small model's
 * @throws TaskError for an unknown task; RecipeError for an architecture that has no small model
 */
export function taskRecipe(
	task: string,
	model: string,
	options: Readonly<Record<string, number>> = {},
	config: Recipe['config'] = {}
): Recipe {
	const known = TASKS[task] ?? USUAL;
	const all = { ...known.options, ...options };
	const { vocabSize, description } = taskOf(task, all);
	if (!Object.hasOwn(SMALL, model))
		throw new RecipeError(
			`There is no small ${model}; models for tasks are ${SMALL_MODELS.join(', ')}.`
		);
	return {
		name: `${task}-${model}`,
		description,
		config: {
			...SMALL[model],
			vocab_size: vocabSize,
			...known.config?.[likeOf(model)],
			...config
		},
		data: { kind: 'task', task, options: all },
		rows: known.rows,
		optimiser: {
			rate: rateFor(model, known),
			warmUp: 100,
			steps: known.steps,
			last: 0.1,
			beta1: 0.9,
			beta2: 0.95,
			epsilon: 1e-8,
			decay: 0.1,
			clip: 1
		},
		seed: 1,
		evaluateEvery: Math.round(known.steps / 20)
	};
}

/** What the sweep of recall asks: lists of up to 32 pairs, which just fill a row; how much of it does a state of each size hold? */
const RECALL = {
	/** Of every length up to these pairs: one model shows where it breaks. */
	lists: { length: 128, pairs: 32, vocabSize: 128 },
	sizes: [2, 4, 8, 16],
	/** Half of the rows of the recipe, each twice as long, and a third more steps. */
	rows: 128,
	steps: 4000,
	/** Where it is not the recipe's: at 3e-3 five of nine Mambas, at 5e-3 two, only ever learnt to name some value of so long a list. */
	rates: { mamba: 1e-2 } as Readonly<Record<string, number>>,
	/** Field of `config.json` that holds the state size. */
	field: 'state_size'
};

/** A model of the sweep of recall. */
export interface RecallModel {
	/** Names its recipe. */
	readonly name: string;
	/** A small architecture. */
	readonly model: string;
	/** Numbers a channel keeps; null where the size is not varied. */
	readonly size: number | null;
	/**
	 * The seed whose run ships: the middle one of three by its share of right answers as it was trained, the better one by its loss
	 * where shares are equal.
	 */
	readonly shipped: number;
}

const recalling = (model: string, size: number | null, shipped: number): RecallModel => ({
	name: size === null ? `recall-${model}` : `recall-${model}-n${size}`,
	...{ model, size, shipped }
});

/** By family and size. */
export const RECALL_MODELS: readonly RecallModel[] = [
	...RECALL.sizes.map((size) => recalling('mamba', size, 2)),
	...RECALL.sizes.map((size, i) => recalling('mamba2', size, [1, 1, 2, 3][i])),
	recalling('transformer', null, 3),
	recalling('hybrid', null, 1)
];

/** The recipe of a model of the sweep of recall. */
export function recallRecipe({ name, model, size, shipped }: RecallModel, seed = shipped): Recipe {
	const config = size === null ? {} : { [RECALL.field]: size };
	const recipe = taskRecipe('associative-recall', model, RECALL.lists, config);
	return {
		...recipe,
		name,
		seed,
		rows: RECALL.rows,
		optimiser: {
			...recipe.optimiser,
			rate: RECALL.rates[model] ?? recipe.optimiser.rate,
			steps: RECALL.steps
		}
	};
}

/** By name. */
export const RECIPES: ReadonlyMap<string, Recipe> = new Map(
	[
		...STORY_RECIPES,
		DNA,
		...Object.entries(TASKS).flatMap(([task, { ablated }]) =>
			SMALL_MODELS.filter(
				(model) => !Object.hasOwn(ABLATIONS, model) || ablated?.includes(model)
			).map((model) => taskRecipe(task, model))
		),
		...RECALL_MODELS.map((model) => recallRecipe(model))
	].map((recipe) => [recipe.name, recipe])
);
