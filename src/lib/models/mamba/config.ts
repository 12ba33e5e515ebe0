// The configuration of a Mamba: what Hugging Face's `config.json` says for `model_type: "mamba"`, and our own options.
import type { Discretisation } from '#kernels/selective_scan/reference.ts';

export type { Discretisation };

/** Every size is a count. Field names are those of `config.json` in camel case; letters in brackets are the papers'. */
export interface MambaConfig {
	readonly vocabSize: number;
	/** Width of the residual stream. */
	readonly hiddenSize: number;
	/** States of a channel (N). */
	readonly stateSize: number;
	readonly numHiddenLayers: number;
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
	readonly tieWordEmbeddings: boolean;
	readonly layerNormEpsilon: number;
	readonly bosTokenId: number | null;
	readonly eosTokenIds: readonly number[];
	/** Ours, beyond Hugging Face: how Ā and B̄ are made. `official` is what state-spaces/mamba runs. */
	readonly discretisation: Discretisation;
}

/** A `config.json` that this model cannot follow; the message names the field, what it says and what is possible. */
export class ConfigError extends Error {
	override name = 'ConfigError';
}

const DISCRETISATIONS: readonly Discretisation[] = ['official', 'zoh', 'bilinear', 'euler'];

const say = (value: unknown): string =>
	value === undefined ? 'nothing' : (JSON.stringify(value) ?? String(value));

/**
 * Read a parsed `config.json`. Fields that are absent or null take the defaults of transformers' `MambaConfig`.
 * @throws ConfigError for another `model_type`, an activation other than SiLU, or a value that makes no sense
 */
export function parseMambaConfig(json: unknown): MambaConfig {
	if (typeof json !== 'object' || json === null || Array.isArray(json))
		throw new ConfigError('config.json must hold one object with the fields of a Mamba model.');
	const fields = json as Readonly<Record<string, unknown>>;

	if (fields.model_type !== 'mamba')
		throw new ConfigError(
			fields.model_type === undefined && 'd_model' in fields
				? 'config.json has no `model_type`: it looks like the original state-spaces layout. Convert the model to the Hugging Face layout first.'
				: `config.json says \`model_type\` is ${say(fields.model_type)}; this model reads "mamba".`
		);

	const field = <T>(
		name: string,
		otherwise: T,
		valid: (value: unknown) => boolean,
		want: string
	): T => {
		const value = fields[name] ?? otherwise;
		if (!valid(value))
			throw new ConfigError(`config.json says \`${name}\` is ${say(value)}; it must be ${want}.`);
		return value as T;
	};
	const isCount = (value: unknown) => Number.isSafeInteger(value) && (value as number) >= 1;
	const isId = (value: unknown) => Number.isSafeInteger(value) && (value as number) >= 0;
	const isPositive = (value: unknown) => Number.isFinite(value) && (value as number) > 0;
	const isFlag = (value: unknown) => typeof value === 'boolean';
	const count = (name: string, otherwise: number) =>
		field(name, otherwise, isCount, 'a whole number of at least 1');
	const flag = (name: string, otherwise: boolean) =>
		field(name, otherwise, isFlag, 'true or false');

	field(
		'hidden_act',
		'silu',
		(v) => v === 'silu' || v === 'swish',
		'"silu", the only activation here'
	);

	const hiddenSize = count('hidden_size', 768);
	const expand = field('expand', 2, isPositive, 'a number above 0');
	const rank = field<number | 'auto'>(
		'time_step_rank',
		'auto',
		(v) => v === 'auto' || isCount(v),
		'"auto" or a whole number of at least 1'
	);
	const vocabSize = count('vocab_size', 50280);
	const isToken = (v: unknown) => isId(v) && (v as number) < vocabSize;
	const tokenId = `a token below vocab_size (${vocabSize})`;
	// An explicit null means that the model has none; only an absent field takes the default.
	const bosTokenId =
		fields.bos_token_id === null ? null : field('bos_token_id', 0, isToken, tokenId);
	const eos =
		fields.eos_token_id === null
			? []
			: field<number | number[]>(
					'eos_token_id',
					0,
					(v) => (Array.isArray(v) ? v.every(isToken) : isToken(v)),
					`${tokenId}, or a list of such`
				);

	return {
		vocabSize,
		hiddenSize,
		stateSize: count('state_size', 16),
		numHiddenLayers: count('num_hidden_layers', 32),
		expand,
		intermediateSize: count('intermediate_size', Math.floor(expand * hiddenSize)),
		convKernel: count('conv_kernel', 4),
		timeStepRank: rank === 'auto' ? Math.ceil(hiddenSize / 16) : rank,
		useBias: flag('use_bias', false),
		useConvBias: flag('use_conv_bias', true),
		tieWordEmbeddings: flag('tie_word_embeddings', true),
		layerNormEpsilon: field('layer_norm_epsilon', 1e-5, isPositive, 'a number above 0'),
		bosTokenId,
		eosTokenIds: Array.isArray(eos) ? eos : [eos],
		discretisation: field<Discretisation>(
			'discretisation',
			'official',
			(v) => DISCRETISATIONS.includes(v as Discretisation),
			`one of ${DISCRETISATIONS.join(', ')}`
		)
	};
}
