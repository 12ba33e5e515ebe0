// Making a trained model ready for the site. Weights are rounded to f16 (nearest, ties to even),
// JSON is made compact, and a card says what it is, how well the rounded weights do, and the size and sha256 of every file. The same
// input gives the same bytes. A folder of our own trainer has a training.json; one from elsewhere has a training-log.json.
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { Engine } from '#lib/engine/index.ts';
import { architectureOf } from '#lib/models/architectures.ts';
import type { Card, CardFile, CardTask } from '#lib/models/checkpoint/card.ts';
import { f16FromF32, f32FromF16 } from '#lib/models/checkpoint/dtypes.ts';
import { parseObject } from '#lib/models/checkpoint/json.ts';
import {
	openSafetensors,
	openSafetensorsBytes,
	writeSafetensors,
	type Safetensors,
	type TensorToWrite
} from '#lib/models/checkpoint/safetensors.ts';
import type { TestScores } from '#lib/training/evaluation.ts';
import type { Recipe, TaskRecipe } from '#lib/training/recipe.ts';
import { RECIPES } from '#lib/training/recipes.ts';
import { taskOf } from '#lib/training/tasks/index.ts';
import { cards, texts, type CardFacts } from './cards.ts';
import { sourceFromFile } from './file-source.ts';
import {
	markovLosses,
	measuredInTraining,
	measureTask,
	measureText,
	settingsOf,
	type Loadable
} from './measure.ts';
import { commandsOf } from './recipe-command.ts';
import { architectureIn, taskFacts } from './task-cards.ts';

/** What a reader's browser is asked to fetch for one model, at most; for a task's small model, in a lesson. */
const LARGEST_BYTES = 8_000_000;
const LARGEST_TASK_BYTES = 400_000;
/** Where a trainer keeps weights along the way, and where they are beside a shipped model. */
const SNAPSHOTS = 'snapshots';

export interface TrainingLog {
	/** Rows of step, seconds, training loss, held-out loss (nats a token). */
	readonly log: readonly (readonly number[])[];
	readonly columns: readonly string[];
	readonly steps: number;
	readonly tokens: number;
	/** Held-out loss at the end, in nats a token. */
	readonly final_val: number;
	/** Name of the recipe of our trainer. */
	readonly recipe?: string;
	readonly note?: string;
}

/** A table of a curve. */
interface Table {
	readonly columns: readonly string[];
	readonly rows: readonly (readonly number[])[];
}

/** What of our trainer's `training.json` a card tells. */
export interface TrainingStory {
	readonly recipe: Pick<Recipe, 'name'> & {
		readonly optimiser: Pick<Recipe['optimiser'], 'steps'>;
	};
	readonly tokens: number;
	readonly evaluation: { readonly loss: number };
	readonly curve: { readonly training: Table; readonly evaluation: Table };
	/** How the curve was recovered, where the run's own file was lost. */
	readonly rebuilt?: string;
}

/** The whole of it, as far as shipping reads it. */
type Story = TrainingStory & { readonly recipe: Recipe; readonly tests?: readonly TestScores[] };

/** A row at each evaluation, its training loss the mean of what was noted since the evaluation before. */
export function logOf({ recipe, tokens, evaluation, curve, rebuilt }: TrainingStory): TrainingLog {
	const { training } = curve;
	const [step, seconds, loss] = ['step', 'seconds', 'loss'].map((name) =>
		training.columns.indexOf(name)
	);
	let since = 0;
	const log = curve.evaluation.rows.map(([at, ...heldOut]) => {
		const rows = training.rows.filter((row) => row[step] > since && row[step] <= at);
		if (rows.length === 0) throw new Error(`No training loss before the evaluation at ${at}.`);
		since = at;
		const mean = rows.reduce((sum, row) => sum + row[loss], 0) / rows.length;
		return [at, rows[rows.length - 1][seconds], mean, ...heldOut];
	});
	return {
		log,
		// Behind the step of an evaluation stands its loss, then what else was measured.
		columns: ['step', 'seconds', 'train', 'val', ...curve.evaluation.columns.slice(2)],
		steps: recipe.optimiser.steps,
		tokens,
		final_val: evaluation.loss,
		recipe: recipe.name,
		...(rebuilt && { note: `The curve was rebuilt ${rebuilt}.` })
	};
}

export interface Rounded {
	readonly file: Uint8Array<ArrayBuffer>;
	readonly parameters: number;
	/** Largest |rounded − trained| over all weights. */
	readonly largestDifference: number;
}

/** All tensors of a checkpoint as f16 under their own names. Throws a RangeError where a finite weight would become infinite. */
export async function roundToF16(from: Safetensors): Promise<Rounded> {
	const tensors: TensorToWrite[] = [];
	let parameters = 0;
	let largestDifference = 0;
	for (const name of from.names) {
		const trained = await from.f32(name);
		const data = f16FromF32(trained);
		const rounded = f32FromF16(data);
		for (let i = 0; i < trained.length; i++) {
			const difference = Math.abs(rounded[i] - trained[i]);
			if (difference === Infinity)
				throw new RangeError(`${name} holds ${trained[i]}, which f16 cannot hold.`);
			if (difference > largestDifference) largestDifference = difference;
		}
		parameters += trained.length;
		tensors.push({ name, shape: from.shape(name), data });
	}
	const metadata = { format: 'pt', ...from.metadata };
	return { file: writeSafetensors(tensors, metadata), parameters, largestDifference };
}

/** JSON without white space, with non-finite numbers as transformers writes them. */
export const compact = (value: unknown): string =>
	JSON.stringify(value, (_, inner: unknown) =>
		typeof inner === 'number' && !Number.isFinite(inner) ? { __float__: String(inner) } : inner
	);

export function describeFile(content: Uint8Array | string): CardFile {
	return {
		bytes: typeof content === 'string' ? Buffer.byteLength(content) : content.length,
		sha256: createHash('sha256').update(content).digest('hex')
	};
}

const describeAll = (contents: Contents): Record<string, CardFile> =>
	Object.fromEntries(
		Object.entries(contents).map(([name, content]) => [name, describeFile(content)])
	);

type Contents = Readonly<Record<string, Uint8Array | string>>;

const bytesOf = (...all: Readonly<Record<string, CardFile>>[]): number =>
	all.flatMap((files) => Object.values(files)).reduce((sum, { bytes }) => sum + bytes, 0);

/** A measured number as a card writes it: small losses keep their digits. */
const written = (value: number): number => Number(value.toPrecision(5));

/** What was measured, as far as it was. */
interface Measured {
	readonly task?: CardTask;
	/** Held-out loss of the weights as shipped. */
	readonly loss?: number | undefined;
	readonly markov?: Card['evaluation']['markov'];
}

function cardOf(
	facts: CardFacts,
	log: TrainingLog,
	{ task, loss, markov }: Measured,
	rest: Pick<Card, 'model_type' | 'parameters' | 'files' | 'snapshots'>,
	commands: readonly string[] | null
): Card {
	const { name, title, description, licence, data, software, seed, evaluatedOn } = facts;
	const row = (numbers: readonly number[]) =>
		numbers.map((n) => (Number.isInteger(n) ? n : written(n)));
	const { model_type, parameters, files, snapshots } = rest;
	return {
		...{ name, title, description, model_type, parameters, dtype: 'F16', licence, data },
		training: {
			software,
			tokens: log.tokens,
			steps: log.steps,
			seconds: log.log.at(-1)?.[1] ?? 0,
			seed,
			...(log.recipe && { recipe: log.recipe }),
			...(commands && { commands }),
			...(log.note && { note: log.note }),
			loss: { columns: log.columns, rows: log.log.map(row) }
		},
		evaluation: {
			on: evaluatedOn,
			measure: task ? 'cross-entropy in nats an answer' : 'cross-entropy in nats a token',
			value: written(loss ?? log.final_val),
			of:
				loss === undefined
					? 'the weights as trained, in F32, before they were rounded to F16'
					: 'the weights as shipped, in F16',
			...(markov && { markov })
		},
		...(task && { task }),
		files,
		...(snapshots && { snapshots })
	};
}

export interface ShipOptions {
	/** The processor measures what ships. */
	readonly engine: Engine;
	/** Where the tokenizer.json is, if not in the folder. Models of tasks and of genomes have none. */
	readonly tokenizer?: string | undefined;
	/** Folder of the files of ids, so that a model of texts can be measured. */
	readonly data?: string | undefined;
}

interface Trained {
	readonly log: TrainingLog;
	/** Null for a model from elsewhere. */
	readonly story: Story | null;
}

/** A run of a sweep may bear its task's and its model's name. Where it ships under another, it followed that one's recipe, or an error says in what it did not. */
function recipeNamed(recipe: Recipe, name: string): Recipe {
	const known = RECIPES.get(name);
	if (!known || known.data.kind !== 'task' || recipe.name === name) return recipe;
	const renamed = { ...recipe, name };
	const [[was], [is]] = [commandsOf(renamed), commandsOf(known)];
	if (was !== is) throw new Error(`${name} would be trained by “${is}”, this run by “${was}”.`);
	return renamed;
}

async function trainedIn(from: string, name: string): Promise<Trained> {
	const json = async (name: string): Promise<unknown> =>
		parseObject(name, await readFile(join(from, name), 'utf8'));
	if (!existsSync(join(from, 'training.json')))
		return { log: (await json('training-log.json')) as TrainingLog, story: null };
	const told = (await json('training.json')) as Story;
	const story = { ...told, recipe: recipeNamed(told.recipe, name) };
	return { log: logOf(story), story };
}

/** Snapshots of a run, as f16. */
async function snapshotsIn(from: string): Promise<Contents | null> {
	const folder = join(from, SNAPSHOTS);
	if (!existsSync(folder)) return null;
	const contents: Record<string, Uint8Array> = {};
	// By their steps: 50 before 100.
	const names = (await readdir(folder))
		.filter((name) => name.endsWith('.safetensors'))
		.sort((a, b) => a.localeCompare(b, 'en', { numeric: true }));
	for (const name of names) {
		const weights = await openSafetensors(await sourceFromFile(join(folder, name)));
		contents[`${SNAPSHOTS}/${name}`] = (await roundToF16(weights)).file;
	}
	return contents;
}

/** Where a model's tokenizer is: beside it, or where its texts were cut into tokens; null for a model without one. */
function tokenizerOf(from: string, recipe: Recipe | undefined): string | null {
	const beside = join(from, 'tokenizer.json');
	if (existsSync(beside)) return beside;
	if (!recipe) throw new Error(`${from} has no tokenizer.json: say where it is.`);
	return recipe.data.kind === 'text' ? (texts[recipe.data.heldOut.file]?.tokenizer ?? null) : null;
}

/** How the rounded weights do at every setting of their task. */
async function measureSettings(
	engine: Engine,
	loadable: Loadable,
	{ recipe, tests = [] }: Story,
	data: TaskRecipe
): Promise<CardTask> {
	const task = taskOf(data.task, data.options);
	const measured = await measureTask(engine, loadable, task, recipe.seed, settingsOf(task));
	const settings = [...measured, ...measuredInTraining(tests, measured)];
	return {
		name: data.task,
		options: data.options,
		architecture: architectureIn(recipe.name, data.task),
		settings: settings.map(({ loss, accuracy, exact, ...setting }) => ({
			...setting,
			...{ loss: written(loss), accuracy: written(accuracy), exact: written(exact) }
		}))
	};
}

async function measure(
	loadable: Loadable,
	{ story }: Trained,
	{ engine, data }: ShipOptions
): Promise<Measured> {
	if (story?.recipe.data.kind === 'task') {
		const task = await measureSettings(engine, loadable, story, story.recipe.data);
		return { task, loss: task.settings[0].loss };
	}
	if (!story || !data) return {};
	const markov = await markovLosses(story.recipe, data);
	return {
		loss: await measureText(engine, loadable, story.recipe, data),
		...(markov && {
			markov: markov.map(({ order, value }) => ({ order, value: written(value) }))
		})
	};
}

/** Writes model.safetensors, config.json, tokenizer.json where there is one, snapshots where there are any, and card.json into `to`. */
export async function ship(
	from: string,
	to: string,
	options: ShipOptions
): Promise<{ card: Card; rounded: Rounded }> {
	const parsed = async (path: string) => parseObject(basename(path), await readFile(path, 'utf8'));
	const rounded = await roundToF16(
		await openSafetensors(await sourceFromFile(join(from, 'model.safetensors')))
	);
	const config = { ...(await parsed(join(from, 'config.json'))), dtype: 'float16' };
	const trained = await trainedIn(from, basename(to));
	const measured = await measure(
		{
			architecture: await architectureOf(config),
			checkpoint: await openSafetensorsBytes(rounded.file)
		},
		trained,
		options
	);
	const recipe = trained.story?.recipe;
	const facts =
		recipe?.data.kind === 'task'
			? taskFacts(recipe, recipe.data, measured.task?.settings[0].rows ?? 0)
			: cards[basename(to)];
	if (!facts)
		throw new Error(`No facts for ${basename(to)} in src/cli/cards.ts; add its data and licences.`);
	const tokenizer = options.tokenizer ?? tokenizerOf(from, recipe);
	const contents: Contents = {
		'config.json': compact(config),
		...(tokenizer && { 'tokenizer.json': compact(await parsed(tokenizer)) }),
		'model.safetensors': rounded.file
	};
	const snapshots = await snapshotsIn(from);
	const files = describeAll(contents);
	const kept = snapshots && describeAll(snapshots);
	const largest = measured.task ? LARGEST_TASK_BYTES : LARGEST_BYTES;
	if (bytesOf(files) > largest || bytesOf(kept ?? {}) > LARGEST_BYTES)
		throw new Error(
			`${bytesOf(files)} bytes and ${bytesOf(kept ?? {})} of snapshots; a model may have ${largest}, snapshots ${LARGEST_BYTES}.`
		);
	const card = cardOf(
		facts,
		trained.log,
		measured,
		{
			model_type: String((config as Record<string, unknown>).model_type),
			parameters: rounded.parameters,
			files,
			...(kept && { snapshots: kept })
		},
		recipe ? commandsOf(recipe, texts) : null
	);
	// What an earlier model of this name left does not stay beside this one.
	await rm(to, { recursive: true, force: true });
	for (const [name, content] of Object.entries({ ...contents, ...snapshots })) {
		await mkdir(dirname(join(to, name)), { recursive: true });
		await writeFile(join(to, name), content);
	}
	await writeFile(join(to, 'card.json'), JSON.stringify(card, null, '\t') + '\n');
	return { card, rounded };
}
