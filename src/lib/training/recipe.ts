// A recipe says all that a training run needs: the model's configuration, the data, the optimiser, the seed. It is plain data, kept in
// the repository (recipes.ts) and beside the weights that came of it.
import type { Engine } from '#lib/engine/index.ts';
import type { Architecture } from '#lib/models/architecture.ts';
import { architectureOf } from '#lib/models/architectures.ts';
import { LanguageModel } from '#lib/models/model.ts';
import type { TrainingData } from './data.ts';
import { heldOutLoss, type Evaluation } from './evaluation.ts';
import { initialWeights } from './initialise.ts';
import { TokenData, type MixedSource, type TokenFile } from './tokens.ts';
import { Trainer, type Optimiser } from './trainer.ts';

/** Rows out of packed texts. */
export interface TextRecipe {
	readonly kind: 'text';
	/** By the name of a file of ids; the last takes what the others leave. */
	readonly sources: readonly {
		readonly file: string;
		readonly chance?: MixedSource['chance'];
	}[];
	/** Tokens at the end of one of the files that are measured on, not trained on. */
	readonly heldOut: { readonly file: string; readonly tokens: number };
}

export interface Recipe {
	/** Names the model. */
	readonly name: string;
	/** What it is for, in a sentence. */
	readonly description: string;
	/** As `config.json` says it. */
	readonly config: Readonly<Record<string, unknown>>;
	readonly data: TextRecipe;
	/** Rows of a step. */
	readonly rows: number;
	/** Tokens of a row. */
	readonly length: number;
	readonly accumulate?: number;
	readonly recompute?: boolean;
	readonly dropout?: number;
	readonly optimiser: Optimiser;
	readonly seed: number;
	readonly evaluateEvery: number;
}

/** A recipe that cannot be followed; the message says why. */
export class RecipeError extends Error {
	override name = 'RecipeError';
}

/** A run that is ready to go. */
export interface Run {
	readonly architecture: Architecture;
	readonly trainer: Trainer;
	readonly data: TrainingData;
	readonly evaluation: Evaluation;
	/** Bytes on the device at most: all that a run allocates is there from its beginning. */
	readonly peakBytes: number;
}

/**
 * Make a run: first weights, the plan of a step, data, evaluation.
 * @param open a file of ids that the recipe names
 * @throws RecipeError for data that do not fit the model; ConfigError, ShapeError, OutOfMemoryError
 */
export async function openRun(
	engine: Engine,
	recipe: Recipe,
	open: (file: string) => Promise<TokenFile>
): Promise<Run> {
	const architecture = await architectureOf(recipe.config);
	expectSane(recipe);
	const { train, heldOut } = await texts(recipe, architecture, open);
	const parameters = new Map(
		[...initialWeights(architecture, recipe.seed)].map(([name, data]) => {
			const { shape } = architecture.weights.find((spec) => spec.name === name) ?? { shape: [] };
			return [name, engine.tensor(shape, { label: name, data })];
		})
	);
	const model = new LanguageModel(engine, architecture, parameters);
	const trainer = await Trainer.open(model, recipe);
	const evaluation = await heldOutLoss(model, heldOut, recipe.length);
	return { architecture, trainer, data: train, evaluation, peakBytes: engine.bytes };
}

function expectSane({ rows, length, optimiser }: Recipe): void {
	for (const [name, value] of Object.entries({ rows, length, steps: optimiser.steps }))
		if (!Number.isSafeInteger(value) || value < 1)
			throw new RecipeError(`The recipe asks for ${value} ${name}; it must be at least 1.`);
	if (!(optimiser.rate > 0)) throw new RecipeError(`A rate of ${optimiser.rate} learns nothing.`);
}

async function texts(
	{ data, length, optimiser, seed }: Recipe,
	{ config: { vocabSize } }: Architecture,
	open: (file: string) => Promise<TokenFile>
) {
	const files = new Map<string, TokenFile>();
	for (const { file } of [...data.sources, data.heldOut])
		if (!files.has(file)) files.set(file, await open(file));
	const idsOf = (name: string) => {
		const file = files.get(name) as TokenFile;
		if (file.vocabSize > vocabSize)
			throw new RecipeError(
				`${name} was cut into tokens of ${file.vocabSize}; the model has ${vocabSize}. Tokenise it with the model's tokenizer.`
			);
		return file.ids;
	};
	const { file, tokens } = data.heldOut;
	const whole = idsOf(file);
	if (whole.length <= tokens)
		throw new RecipeError(`${file} has ${whole.length} tokens; ${tokens} are to be held out.`);
	const cut = whole.length - tokens;
	const sources = data.sources.map(({ file: name, chance }) => ({
		ids: name === file ? whole.subarray(0, cut) : idsOf(name),
		chance: chance ?? { first: 1, last: 1 }
	}));
	const how = { vocabSize, length, steps: optimiser.steps, seed };
	return { train: new TokenData(sources, how), heldOut: whole.subarray(cut) };
}
