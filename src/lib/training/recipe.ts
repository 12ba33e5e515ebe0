// A recipe says all that a training run needs: the model's configuration, the data, the optimiser, the seed. It is plain data, kept in
// the repository (recipes.ts) and beside the weights that came of it.
import type { Engine } from '#lib/engine/index.ts';
import type { Architecture } from '#lib/models/architecture.ts';
import { architectureOf } from '#lib/models/architectures.ts';
import { LanguageModel } from '#lib/models/model.ts';
import type { TrainingData } from './data.ts';
import { heldOutLoss, taskScores, type Evaluation } from './evaluation.ts';
import { initialWeights } from './initialise.ts';
import { TaskData, taskOf, type Task } from './tasks/index.ts';
import { TokenData, type MixedSource, type TokenFile } from './tokens.ts';
import { Trainer, type Optimiser } from './trainer.ts';

/** Rows out of packed texts. */
export interface TextRecipe {
	readonly kind: 'text';
	/** Tokens of a row, and of a window that is measured. */
	readonly length: number;
	/** By the name of a file of ids; the last takes what the others leave. */
	readonly sources: readonly {
		readonly file: string;
		readonly chance?: MixedSource['chance'];
	}[];
	/** Tokens at the end of one of the files that are measured on, not trained on. */
	readonly heldOut: { readonly file: string; readonly tokens: number };
}

/** Examples of a task, never the same twice. */
export interface TaskRecipe {
	readonly kind: 'task';
	/** As in tasks/index.ts, with its options. */
	readonly task: string;
	readonly options: Readonly<Record<string, number>>;
}

export interface Recipe {
	/** Names the model. */
	readonly name: string;
	/** What it is for, in a sentence. */
	readonly description: string;
	/** As `config.json` says it. */
	readonly config: Readonly<Record<string, unknown>>;
	readonly data: TextRecipe | TaskRecipe;
	/** Rows of a step. */
	readonly rows: number;
	readonly accumulate?: number;
	readonly recompute?: boolean;
	readonly dropout?: number;
	readonly optimiser: Optimiser;
	readonly seed: number;
	readonly evaluateEvery: number;
	/** After these steps the weights are kept, so that their learning can be looked at; 0 is before the first. */
	readonly snapshots?: readonly number[];
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
	/** The task, where the data are one. */
	readonly task: Task | null;
	/** Bytes on the device at most: all that a run allocates is there from its beginning. */
	readonly peakBytes: number;
}

/**
 * Make a run: first weights, the plan of a step, data, evaluation.
 * @param open a file of ids that the recipe names
 * @throws RecipeError for data that do not fit the model; ConfigError, TaskError, ShapeError, OutOfMemoryError
 */
export async function openRun(
	engine: Engine,
	recipe: Recipe,
	open: (file: string) => Promise<TokenFile>
): Promise<Run> {
	expectSane(recipe);
	const architecture = await architectureOf(recipe.config);
	const { data, task, evaluation } = await dataOf(recipe, architecture, open);
	const first = initialWeights(architecture, recipe.seed);
	const parameters = new Map(
		architecture.weights.map(({ name, shape }) => [
			name,
			engine.tensor(shape, { label: name, data: first.get(name) })
		])
	);
	const model = new LanguageModel(engine, architecture, parameters);
	const trainer = await Trainer.open(model, { ...recipe, length: data.length });
	return {
		architecture,
		trainer,
		data,
		task,
		evaluation: await evaluation(model),
		peakBytes: engine.bytes
	};
}

/** The evaluation that a recipe trains towards, of a model that is there; and its task. */
export async function openEvaluation(
	model: LanguageModel,
	recipe: Recipe,
	open: (file: string) => Promise<TokenFile>
): Promise<{ readonly evaluation: Evaluation; readonly task: Task | null }> {
	const { evaluation, task } = await dataOf(recipe, model.architecture, open);
	return { evaluation: await evaluation(model), task };
}

function expectSane({ rows, optimiser, dropout = 0 }: Recipe): void {
	for (const [name, value] of Object.entries({ rows, steps: optimiser.steps }))
		if (!Number.isSafeInteger(value) || value < 1)
			throw new RecipeError(`The recipe asks for ${value} ${name}; it must be at least 1.`);
	if (!(optimiser.rate > 0)) throw new RecipeError(`A rate of ${optimiser.rate} learns nothing.`);
	if (!(dropout >= 0 && dropout < 1))
		throw new RecipeError(`A dropout of ${dropout}; it must be at least 0 and below 1.`);
}

interface DataAndEvaluation {
	readonly data: TrainingData;
	readonly task: Task | null;
	evaluation(model: LanguageModel): Promise<Evaluation>;
}

async function dataOf(
	recipe: Recipe,
	{ config: { vocabSize } }: Architecture,
	open: (file: string) => Promise<TokenFile>
): Promise<DataAndEvaluation> {
	const { data, seed } = recipe;
	if (data.kind === 'text') return texts(recipe, data, vocabSize, open);
	const task = taskOf(data.task, data.options);
	if (task.vocabSize > vocabSize)
		throw new RecipeError(
			`${data.task} has ${task.vocabSize} different tokens; the model has ${vocabSize}.`
		);
	return {
		data: new TaskData(task, seed),
		task,
		evaluation: (model) => taskScores(model, task, { seed })
	};
}

async function texts(
	{ optimiser, seed }: Recipe,
	{ sources, heldOut, length }: TextRecipe,
	vocabSize: number,
	open: (file: string) => Promise<TokenFile>
): Promise<DataAndEvaluation> {
	const files = new Map<string, TokenFile>();
	for (const { file } of [...sources, heldOut])
		if (!files.has(file)) files.set(file, await open(file));
	const idsOf = (name: string) => {
		const file = files.get(name) as TokenFile;
		if (file.vocabSize > vocabSize)
			throw new RecipeError(
				`${name} was cut into tokens of ${file.vocabSize}; the model has ${vocabSize}. Tokenise it with the model's tokenizer.`
			);
		return file.ids;
	};
	const { file, tokens } = heldOut;
	const whole = idsOf(file);
	if (whole.length <= tokens)
		throw new RecipeError(`${file} has ${whole.length} tokens; ${tokens} are to be held out.`);
	const cut = whole.length - tokens;
	const mixed = sources.map(({ file: name, chance }) => ({
		ids: name === file ? whole.subarray(0, cut) : idsOf(name),
		chance: chance ?? { first: 1, last: 1 }
	}));
	return {
		data: new TokenData(mixed, { vocabSize, length, steps: optimiser.steps, seed }),
		task: null,
		evaluation: (model) => heldOutLoss(model, whole.subarray(cut), length)
	};
}
