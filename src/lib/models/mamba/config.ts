// The configuration of a Mamba: what Hugging Face's `config.json` says for `model_type: "mamba"`, and our own options.
import type { Discretisation } from '#kernels/selective_scan/reference.ts';
import { ConfigError, Fields, type ModelConfig } from '../config.ts';

export type { Discretisation };

/** Letters in brackets are the papers'. */
export interface MambaConfig extends ModelConfig {
	/** Real numbers that a channel carries (N). With complex A they are N/2 pairs, each one number and its conjugate. */
	readonly stateSize: number;
	readonly expand: number;
	/** Channels of the SSM (D): expand · hiddenSize unless told otherwise. */
	readonly intermediateSize: number;
	/** Tokens that the convolution sees (K). */
	readonly convKernel: number;
	/** Width of the low-rank path to Δ (R): "auto" is ceil(hiddenSize / 16). */
	readonly timeStepRank: number;
	/** Biases of in_proj and out_proj. */
	readonly useBias: boolean;
	readonly useConvBias: boolean;
	readonly layerNormEpsilon: number;
	/** Ours, beyond Hugging Face: how Ā and B̄ are made. `official` is what state-spaces/mamba runs. */
	readonly discretisation: Discretisation;
	/** Ours: which of Δ, B and C are made from each token. One that is not is a learnt constant of each channel. */
	readonly selective: Selective;
	/** Ours: a convolution stands before the SSM. Without it there is only the SiLU. */
	readonly conv: boolean;
	/**
	 * Ours: A is complex, as in S4D (Gu et al. 2022). Δ, B and C are constants, B is 1, and Ā and B̄ are by zero-order hold unless
	 * `discretisation` says bilinear.
	 */
	readonly complex: boolean;
}

export interface Selective {
	readonly delta: boolean;
	readonly B: boolean;
	readonly C: boolean;
}

/** Columns of x_proj's output, one after the other; null for what is a constant. */
export interface SelectedColumns {
	readonly delta: readonly [from: number, to: number] | null;
	readonly B: readonly [from: number, to: number] | null;
	readonly C: readonly [from: number, to: number] | null;
	readonly width: number;
}

export function selectedColumns(
	config: Pick<MambaConfig, 'selective' | 'timeStepRank' | 'stateSize'>
): SelectedColumns {
	const { selective, timeStepRank: R, stateSize: N } = config;
	let width = 0;
	const take = (selected: boolean, columns: number) =>
		selected ? ([width, (width += columns)] as const) : null;
	const [delta, B, C] = [take(selective.delta, R), take(selective.B, N), take(selective.C, N)];
	return { delta, B, C, width };
}

const DISCRETISATIONS: readonly Discretisation[] = ['official', 'zoh', 'bilinear', 'euler'];
const OF_COMPLEX: readonly Discretisation[] = ['zoh', 'bilinear'];

/**
 * Read a parsed `config.json`. Fields that are absent or null take the defaults of transformers' `MambaConfig`.
 * @throws ConfigError for another `model_type`, an activation other than SiLU, a value that makes no sense, or complex A where
 * something is selective
 */
export function parseMambaConfig(json: unknown): MambaConfig {
	const fields = new Fields(json, 'mamba');
	fields.silu('hidden_act');
	const common = fields.common({
		vocabSize: 50280,
		hiddenSize: 768,
		layers: 32,
		tied: true,
		bos: 0,
		eos: 0
	});
	const { hiddenSize } = common;
	const expand = fields.positive('expand', 2);
	const rank = fields.field<number | 'auto'>(
		'time_step_rank',
		'auto',
		(v) => v === 'auto' || (Number.isSafeInteger(v) && (v as number) >= 1),
		'"auto" or a whole number of at least 1'
	);
	const selective = parseSelective(fields.all.selective);
	const complex = fields.flag('complex', false);
	const stateSize = fields.count('state_size', 16);
	if (complex) expectConstants(selective, stateSize);
	const rules = complex ? OF_COMPLEX : DISCRETISATIONS;
	return {
		...common,
		initializerRange: fields.positive('initializer_range', 0.02),
		stateSize,
		expand,
		intermediateSize: fields.count('intermediate_size', Math.floor(expand * hiddenSize)),
		convKernel: fields.count('conv_kernel', 4),
		timeStepRank: rank === 'auto' ? Math.ceil(hiddenSize / 16) : rank,
		useBias: fields.flag('use_bias', false),
		useConvBias: fields.flag('use_conv_bias', true),
		layerNormEpsilon: fields.positive('layer_norm_epsilon', 1e-5),
		discretisation: fields.field<Discretisation>(
			'discretisation',
			complex ? 'zoh' : 'official',
			(v) => rules.includes(v as Discretisation),
			`one of ${rules.join(', ')}${complex ? ', where A is complex' : ''}`
		),
		selective,
		conv: fields.flag('conv', true),
		complex
	};
}

/** What complex A asks of the rest. */
function expectConstants(selective: Selective, stateSize: number): void {
	const selected = SELECTED.filter((name) => selective[name]);
	if (selected.length > 0)
		throw new ConfigError(
			`config.json says \`complex\` is true: as in S4D, all is then the same at every token; \`selective\` must say false of ${selected.join(', ')}.`
		);
	if (stateSize % 2 !== 0)
		throw new ConfigError(
			`config.json says \`complex\` is true and \`state_size\` is ${stateSize}; it must be even, two real numbers for each pair of A.`
		);
}

const SELECTED = ['delta', 'B', 'C'] as const;

/** What is not said is selective. */
function parseSelective(given: unknown): Selective {
	const said = given ?? {};
	const valid =
		typeof said === 'object' &&
		!Array.isArray(said) &&
		Object.entries(said).every(
			([name, value]) => SELECTED.some((known) => known === name) && typeof value === 'boolean'
		);
	if (!valid)
		throw new ConfigError(
			`config.json says \`selective\` is ${JSON.stringify(given)}; it must say true or false of delta, B or C.`
		);
	return { delta: true, B: true, C: true, ...said };
}
