// One training run on disk: begun or taken up, followed to its end or to where it is stopped, its model and its story written down.
import { existsSync } from 'node:fs';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Engine } from '#lib/engine/index.ts';
import { parseObject } from '#lib/models/checkpoint/json.ts';
import { openSafetensors, writeSafetensors } from '#lib/models/checkpoint/safetensors.ts';
import { LanguageModel } from '#lib/models/model.ts';
import type { Scores } from '#lib/training/data.ts';
import { testScores } from '#lib/training/evaluation.ts';
import { train, type Curve, type Progress } from '#lib/training/loop.ts';
import { openEvaluation, openRun, type Recipe, type Run } from '#lib/training/recipe.ts';
import { readIds, type TokenFile } from '#lib/training/tokens.ts';
import { sourceFromFile } from './file-source.ts';
import { openModelFolder, UsageError } from './model-folder.ts';
import { forgetState, savedList, savedState, saveState, writeWhole } from './run-folder.ts';

export interface RunSettings {
	/** Folder of the files of ids. */
	readonly data: string;
	/** A tokenizer.json to put beside the model. */
	readonly tokenizer?: string | undefined;
	/** Steps between checkpoints. */
	readonly saveEvery: number;
	/** Asked after each step. */
	readonly stop: () => boolean;
	/** Say only how evaluations came out. */
	readonly quiet?: boolean;
}

/** Throws a UsageError where a folder holds a run or a model. */
export async function expectEmpty(folder: string): Promise<void> {
	const saved = await savedList(folder);
	if (saved)
		throw new UsageError(`${folder} holds a run at step ${saved.step}: go on with --resume.`);
	if (existsSync(join(folder, 'model.safetensors')))
		throw new UsageError(`${folder} holds a model already; train into another folder.`);
}

/**
 * Follow a recipe in a folder, from its checkpoint where it has one.
 * @throws UsageError for a checkpoint of another recipe, or data that are not there
 */
export async function follow(
	engine: Engine,
	recipe: Recipe,
	folder: string,
	{ data, tokenizer, saveEvery, stop, quiet = false }: RunSettings
): Promise<{ readonly finished: boolean; readonly step: number }> {
	const saved = await savedList(folder);
	if (saved) expectSameRecipe(saved.record.recipe, recipe);
	const run = await openRun(engine, recipe, (name) => openIds(data, name));
	const { trainer } = run;
	if (saved) {
		trainer.restore(await savedState(folder, saved, run.architecture.weights));
		console.error(`going on from step ${saved.step}`);
	}
	const { steps } = recipe.optimiser;
	const { curve, scores, finished, tokensPerSecond } = await train(trainer, {
		data: run.data,
		evaluation: run.evaluation,
		evaluateEvery: recipe.evaluateEvery,
		saveEvery,
		steps,
		stop,
		curve: saved?.record.curve as Curve | undefined,
		snapshots: recipe.snapshots,
		onSnapshot: (step) => keepWeights(join(folder, 'snapshots'), `step-${step}`, run, 'F16'),
		save: async (curve) => saveState(folder, await trainer.save(), { recipe, curve }),
		onEvaluation: reportScores,
		...(!quiet && { onProgress: report })
	});
	const { step } = trainer;
	console.error(
		`${(run.peakBytes / 1e6).toFixed(0)} MB on the device, ${tokensPerSecond.toFixed(0)} tokens/s`
	);
	if (finished)
		await ship(folder, recipe, run, {
			tokenizer,
			about: {
				backend: engine.backend,
				adapter: engine.adapter.name,
				peak_bytes: run.peakBytes,
				tokens: steps * recipe.rows * run.data.length,
				tokens_per_second: tokensPerSecond,
				evaluation: scores,
				...(run.task && { tests: await testScores(trainer.model, run.task, recipe.seed) }),
				curve
			}
		});
	run.evaluation.free();
	trainer.free();
	trainer.model.free();
	return { finished, step };
}

/** What a model's `training.json` says, and what it is now. */
export interface Checked {
	readonly recipe: string;
	readonly was: Scores;
	readonly now: Scores;
	/** Largest difference: of losses as a part of the loss, of shares as they are. */
	readonly difference: number;
}

/**
 * Measure a model in a folder again, as its recipe does.
 * @param weights the folder of the weights, where they are not beside `training.json`
 */
export async function check(
	engine: Engine,
	folder: string,
	data: string,
	weights = folder
): Promise<Checked> {
	const { architecture, checkpoint } = await openModelFolder(weights);
	const text = await readFile(join(folder, 'training.json'), 'utf8').catch(() => {
		throw new UsageError(`${folder} has no training.json: nothing says how it was measured.`);
	});
	const story = parseObject('training.json', text);
	const recipe = story.recipe as Recipe;
	const was = story.evaluation as Scores;
	const model = await LanguageModel.load(engine, architecture, checkpoint);
	const { evaluation } = await openEvaluation(model, recipe, (name) => openIds(data, name));
	const now = await evaluation.scores();
	evaluation.free();
	model.free();
	const differences = Object.entries(was).map(([name, value]) => {
		const away = Math.abs(now[name] - value);
		return name === 'loss' ? away / Math.max(value, 0.1) : away;
	});
	return { recipe: recipe.name, was, now, difference: Math.max(...differences) };
}

/** The model as a checkpoint folder, and how it came about. */
async function ship(
	folder: string,
	recipe: Recipe,
	run: Run,
	{ tokenizer, about }: { tokenizer: string | undefined; about: Readonly<Record<string, unknown>> }
): Promise<void> {
	await keepWeights(folder, 'model', run, 'F32');
	await writeWhole(join(folder, 'config.json'), `${JSON.stringify(recipe.config, null, '\t')}\n`);
	if (tokenizer) await writeWhole(join(folder, 'tokenizer.json'), await readFile(tokenizer));
	await writeWhole(join(folder, 'training.json'), `${JSON.stringify({ recipe, ...about })}\n`);
	await forgetState(folder);
}

/** Write the weights as they are now. */
async function keepWeights(
	folder: string,
	name: string,
	{ trainer: { model } }: Run,
	dtype: 'F32' | 'F16'
): Promise<void> {
	const weights = new Map<string, Float32Array<ArrayBuffer>>();
	for (const [weight, tensor] of model.parameters)
		weights.set(weight, (await model.engine.read(tensor)) as Float32Array<ArrayBuffer>);
	const tensors = model.asCheckpoint(weights).map((tensor) => ({ ...tensor, dtype }));
	await mkdir(folder, { recursive: true });
	await writeWhole(join(folder, `${name}.safetensors`), writeSafetensors(tensors));
}

/** A file of ids that a recipe names. Throws a UsageError where it is not there. */
export async function openIds(folder: string, name: string): Promise<TokenFile> {
	const path = join(folder, `${name}.safetensors`);
	if (!existsSync(path))
		throw new UsageError(
			`The recipe reads ${path}, which is not there. Make it with \`tokenise\`.`
		);
	return readTokens(path);
}

/** A file of ids. */
export async function readTokens(path: string): Promise<TokenFile> {
	return readIds(await openSafetensors(await sourceFromFile(path)));
}

function expectSameRecipe(before: unknown, now: Recipe): void {
	const was = (before ?? {}) as Readonly<Record<string, unknown>>;
	for (const part of ['config', 'data', 'rows', 'dropout', 'optimiser', 'seed'] as const) {
		const [before, asked] = [was[part], now[part]].map((value) => JSON.stringify(value));
		if (before !== asked)
			throw new UsageError(
				`The checkpoint was made with another recipe: its ${part} is ${before}, not ${asked}.`
			);
	}
	// Dropout's masks follow the parts that a step is cut into.
	const parts = Number(was.accumulate ?? 1);
	if ((now.dropout ?? 0) > 0 && parts !== (now.accumulate ?? 1))
		throw new UsageError(
			`The checkpoint was made with --accumulate ${parts}; with another one its dropout would be another.`
		);
}

function report({ step, steps, loss, rate, tokensPerSecond, secondsLeft }: Progress): void {
	const minutes = Math.floor(secondsLeft / 60);
	const left = `${minutes}:${String(Math.floor(secondsLeft % 60)).padStart(2, '0')}`;
	console.error(
		`step ${step}/${steps}  loss ${loss.toFixed(4)}  rate ${rate.toExponential(2)}  ${tokensPerSecond.toFixed(0)} tokens/s  ${left} left`
	);
}

function reportScores(step: number, scores: Scores): void {
	const text = Object.entries(scores).map(([name, value]) => `${name} ${value.toFixed(4)}`);
	console.error(`step ${step}  held out: ${text.join(', ')}`);
}
