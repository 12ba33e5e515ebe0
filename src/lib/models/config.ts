// What every model's `config.json` has, and how its fields are read: with transformers' defaults, and with an error that names the
// field, what it says and what is possible.

/** Every size is a count. Field names are those of `config.json` in camel case. */
export interface ModelConfig {
	readonly vocabSize: number;
	/** Width of the residual stream. */
	readonly hiddenSize: number;
	readonly numHiddenLayers: number;
	/** The head's weights are the embeddings'. */
	readonly tieWordEmbeddings: boolean;
	readonly bosTokenId: number | null;
	readonly eosTokenIds: readonly number[];
	/** Where a model counts positions: how many it was made for. */
	readonly maxPositions?: number;
	/** Deviation of the first weights that come from a normal distribution: a Llama's all, a Mamba's embeddings. */
	readonly initializerRange?: number;
}

/** A `config.json` that this model cannot follow; the message names the field, what it says and what is possible. */
export class ConfigError extends Error {
	override name = 'ConfigError';
}

/** Activations of a multilayer perceptron. `gelu` is exact, `gelu_tanh` its approximation. */
export type MlpActivation = 'silu' | 'gelu' | 'gelu_tanh' | 'relu2';

const ACTIVATIONS: Readonly<Record<string, MlpActivation>> = {
	silu: 'silu',
	swish: 'silu',
	gelu: 'gelu',
	gelu_new: 'gelu_tanh',
	gelu_fast: 'gelu_tanh',
	gelu_pytorch_tanh: 'gelu_tanh',
	relu2: 'relu2'
};

const say = (value: unknown): string =>
	value === undefined ? 'nothing' : (JSON.stringify(value) ?? String(value));

const isCount = (value: unknown) => Number.isSafeInteger(value) && (value as number) >= 1;
const isPositive = (value: unknown) => Number.isFinite(value) && (value as number) > 0;

/** The `model_type` of a parsed `config.json`. Throws a ConfigError for what is no configuration. */
export function modelTypeOf(json: unknown): string {
	if (typeof json !== 'object' || json === null || Array.isArray(json))
		throw new ConfigError('config.json must hold one object with the fields of a model.');
	const type = (json as Readonly<Record<string, unknown>>).model_type;
	if (type === undefined && 'd_model' in json)
		throw new ConfigError(
			'config.json has no `model_type`: it looks like the original state-spaces layout. Convert the model to the Hugging Face layout first.'
		);
	if (typeof type !== 'string')
		throw new ConfigError(`config.json says \`model_type\` is ${say(type)}; it must be a name.`);
	return type;
}

/** The fields of a `config.json`. A field that is absent or null takes its default. */
export class Fields {
	readonly all: Readonly<Record<string, unknown>>;

	/** Throws a ConfigError for another `model_type`. */
	constructor(json: unknown, modelType: string) {
		const type = modelTypeOf(json);
		if (type !== modelType)
			throw new ConfigError(
				`config.json says \`model_type\` is ${say(type)}; this model reads "${modelType}".`
			);
		this.all = json as Readonly<Record<string, unknown>>;
	}

	/**
	 * A value that `valid` takes.
	 * @param want ends the sentence "it must be …"
	 */
	field<T>(name: string, otherwise: T, valid: (value: unknown) => boolean, want: string): T {
		const value = this.all[name] ?? otherwise;
		if (!valid(value))
			throw new ConfigError(`config.json says \`${name}\` is ${say(value)}; it must be ${want}.`);
		return value as T;
	}

	count(name: string, otherwise: number): number {
		return this.field(name, otherwise, isCount, 'a whole number of at least 1');
	}

	positive(name: string, otherwise: number): number {
		return this.field(name, otherwise, isPositive, 'a number above 0');
	}

	flag(name: string, otherwise: boolean): boolean {
		return this.field(name, otherwise, (v) => typeof v === 'boolean', 'true or false');
	}

	/** A field that only has one value here. */
	only<T>(name: string, value: T, why: string): void {
		this.field(name, value, (v) => v === value, `${say(value)}, ${why}`);
	}

	silu(name: string): void {
		this.field(
			name,
			'silu',
			(v) => v === 'silu' || v === 'swish',
			'"silu", the only activation here'
		);
	}

	activation(name: string, otherwise: string): MlpActivation {
		const known = Object.keys(ACTIVATIONS);
		const want = `one of ${known.map((v) => `"${v}"`).join(', ')}`;
		return ACTIVATIONS[
			this.field(name, otherwise, (v) => known.includes(v as string), want) as string
		];
	}

	/** Least and most of Δ in Mamba-2. */
	timeStepLimit(): readonly [least: number, most: number] {
		return this.field(
			'time_step_limit',
			[0, Infinity] as const,
			(v) => Array.isArray(v) && v.length === 2 && v.every((n) => n >= 0) && v[0] <= v[1],
			'two numbers of at least 0, the smaller first'
		);
	}

	/** What every configuration has. `defaults` are transformers' for this model. */
	common(defaults: {
		readonly vocabSize: number;
		readonly hiddenSize: number;
		readonly layers: number;
		readonly tied: boolean;
		readonly bos: number;
		readonly eos: number;
	}): Omit<ModelConfig, 'maxPositions'> {
		const vocabSize = this.count('vocab_size', defaults.vocabSize);
		const isToken = (v: unknown) =>
			Number.isSafeInteger(v) && (v as number) >= 0 && (v as number) < vocabSize;
		const want = `a token below vocab_size (${vocabSize})`;
		// An explicit null means that the model has none; only an absent field takes the default.
		const absent = (name: string) => this.all[name] === null;
		// A small vocabulary may not hold the default token.
		const within = (id: number) => (id < vocabSize ? id : 0);
		const eos = absent('eos_token_id')
			? []
			: this.field<number | number[]>(
					'eos_token_id',
					within(defaults.eos),
					(v) => (Array.isArray(v) ? v.every(isToken) : isToken(v)),
					`${want}, or a list of such`
				);
		return {
			vocabSize,
			hiddenSize: this.count('hidden_size', defaults.hiddenSize),
			numHiddenLayers: this.count('num_hidden_layers', defaults.layers),
			tieWordEmbeddings: this.flag('tie_word_embeddings', defaults.tied),
			bosTokenId: absent('bos_token_id')
				? null
				: this.field('bos_token_id', within(defaults.bos), isToken, want),
			eosTokenIds: Array.isArray(eos) ? eos : [eos]
		};
	}

	/**
	 * Rotary embedding: `rope_parameters` of transformers 5, or the fields of their own that files had before.
	 * @param older names that the base and the rotated part of a head had
	 */
	rotary(older: { readonly base: string; readonly part: string }, wholePart: number): Rotary {
		const { all } = this;
		const given = all.rope_parameters ?? all.rope_scaling ?? {};
		if (typeof given !== 'object' || given === null)
			throw new ConfigError(
				`config.json says \`rope_parameters\` is ${say(given)}; it must be an object.`
			);
		const inside = given as Readonly<Record<string, unknown>>;
		const type = inside.rope_type ?? inside.type ?? 'default';
		if (type !== 'default')
			throw new ConfigError(
				`config.json says \`rope_type\` is ${say(type)}; it must be "default", the only rotary embedding here.`
			);
		const base = inside.rope_theta ?? all.rope_theta ?? all[older.base] ?? 10000;
		if (!isPositive(base))
			throw new ConfigError(
				`config.json says \`rope_theta\` is ${say(base)}; it must be a number above 0.`
			);
		const part = inside.partial_rotary_factor ?? all[older.part] ?? wholePart;
		if (!isPositive(part) || (part as number) > 1)
			throw new ConfigError(
				`config.json says \`${older.part}\` is ${say(part)}; it must be above 0 and at most 1.`
			);
		return { base: base as number, part: part as number };
	}
}

export interface Rotary {
	/** θ: pair i of n turns by position · base^(−i/n). */
	readonly base: number;
	/** The share of a head's dimensions that turn. */
	readonly part: number;
}

/** How many dimensions of a head turn. Throws a ConfigError where they do not come in pairs. */
export function rotatedDimensions(headDim: number, { part }: Rotary): number {
	const dimensions = Math.floor(headDim * part);
	if (dimensions < 2 || dimensions % 2 !== 0)
		throw new ConfigError(
			`config.json rotates ${dimensions} of a head's ${headDim} dimensions; they must be an even number of at least 2.`
		);
	return dimensions;
}

/** Throws a ConfigError unless `parts` of `of` are equal. */
export function expectDivides(parts: [name: string, n: number], of: [name: string, n: number]) {
	if (of[1] % parts[1] !== 0)
		throw new ConfigError(
			`config.json says \`${of[0]}\` is ${of[1]}; it must be a multiple of \`${parts[0]}\`, ${parts[1]}.`
		);
}
