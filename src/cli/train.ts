// `npm run -s train -- --recipe NAME --out DIR`: train a model of the zoo. Progress goes to stderr, the result to DIR.
import { existsSync } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { gunzipSync } from 'node:zlib';
import { openEngine, type Backend, type Engine } from '#lib/engine/index.ts';
import { parseObject } from '#lib/models/checkpoint/json.ts';
import { Tokenizer } from '#lib/models/tokenizer/tokenizer.ts';
import type { Curve } from '#lib/training/loop.ts';
import { markovLoss } from '#lib/training/markov.ts';
import { Random } from '#lib/training/random.ts';
import type { Recipe } from '#lib/training/recipe.ts';
import { RECIPES, SMALL_MODELS, taskRecipe } from '#lib/training/recipes.ts';
import { SWEEPS } from '#lib/training/sweeps.ts';
import { taskOf } from '#lib/training/tasks/index.ts';
import {
	BASE_VOCABULARY,
	basesOf,
	documentsOf,
	packed,
	START,
	writeIds,
	type Ids,
	type TokenFile
} from '#lib/training/tokens.ts';
import { dawn } from './dawn.ts';
import { UsageError } from './model-folder.ts';
import { writeWhole } from './run-folder.ts';
import { check, expectEmpty, follow, readTokens, type RunSettings } from './train-run.ts';

const USAGE = `usage: npm run -s train -- --recipe NAME --out DIR [options]
npm run -s train -- TASK --model ARCHITECTURE --out DIR [options]
  --task NAME=NUMBER options of the task (pairs=8), any number of times
  --set NAME=VALUE   fields of config.json (state_size=8), any number of times
  --resume           go on from DIR's checkpoint
  --data DIR         where the recipe's files of ids are (data)
  --tokenizer FILE   a tokenizer.json to put beside the model
  --minutes M        stop after M minutes, with a checkpoint
  --steps N          instead of the recipe's; so are --seed, --rows, --length, --rate, --dropout and --accumulate
  --save-every N     steps between checkpoints (500)
  --snapshots LIST   also keep the weights after these steps: 0,50,100
  --recompute        less memory, more time
  --backend webgpu|cpu (webgpu where there is one)
npm run -s train -- tokenise FILE.txt[.gz] --tokenizer tokenizer.json --out F.safetensors
  documents are parted by <|endoftext|>; id 0 stands before each
npm run -s train -- tokenise FILE.fa[.gz] --out F.safetensors
  the bases of a genome
npm run -s train -- markov TRAIN.safetensors TEST.safetensors [--tokens N]
  what tables of order 2 to 12 lose on the last N tokens, in bits
npm run -s train -- sweep NAME --out DIR [--minutes M] [--part 1/4]
  many runs that belong together; those that are in DIR are not made again.
  With --part only every fourth, from the first: four processes share the work
npm run -s train -- check DIR… [--data DIR]
  measure trained models again and compare with their training.json
npm run -s train -- list
  the recipes and sweeps
npm run -s train -- show TASK [--task NAME=NUMBER] [--seed N]
  what a task is, and an example`;

const { values, positionals } = parseArgs({
	allowPositionals: true,
	options: {
		recipe: { type: 'string' },
		model: { type: 'string' },
		task: { type: 'string', multiple: true, default: [] },
		set: { type: 'string', multiple: true, default: [] },
		out: { type: 'string' },
		resume: { type: 'boolean', default: false },
		data: { type: 'string', default: 'data' },
		minutes: { type: 'string' },
		steps: { type: 'string' },
		seed: { type: 'string' },
		rows: { type: 'string' },
		length: { type: 'string' },
		rate: { type: 'string' },
		dropout: { type: 'string' },
		accumulate: { type: 'string' },
		recompute: { type: 'boolean' },
		'evaluate-every': { type: 'string' },
		snapshots: { type: 'string' },
		'save-every': { type: 'string', default: '500' },
		backend: { type: 'string', default: 'auto' },
		tokenizer: { type: 'string' },
		tokens: { type: 'string' },
		part: { type: 'string' },
		help: { type: 'boolean', default: false }
	}
});

type Numeric = Exclude<
	{
		[K in keyof typeof values]: (typeof values)[K] extends string | undefined ? K : never;
	}[keyof typeof values],
	undefined
>;

/** Tokens of an example in a line. */
const CELLS = 36;
const FASTA = /\.(fa|fna|fasta)(\.gz)?$/;
/** How far a measurement may be from what was written down: weights are rounded, engines add up in another order. */
const SAME = 0.01;
/** Orders of Markov models that a learnt one is held against. */
const ORDERS = [2, 4, 6, 8, 10, 11, 12];

// The first signal ends the run with a checkpoint, the second at once.
let interrupted = false;
for (const signal of ['SIGINT', 'SIGTERM'] as const)
	process.on(signal, () => {
		if (interrupted) process.exit(130);
		interrupted = true;
	});

try {
	const [command] = positionals;
	if (values.help || (!command && !values.recipe)) console.log(USAGE);
	else if (command === 'tokenise') await tokenise(positionals.slice(1));
	else if (command === 'markov') await markov(positionals.slice(1));
	else if (command === 'check') await checkAll(positionals.slice(1));
	else if (command === 'list') list();
	else if (command === 'show') show(positionals[1]);
	else if (command === 'sweep') await sweep(positionals[1]);
	else await followAsked(command);
	process.exit(0);
} catch (error) {
	console.error(error instanceof Error ? error.message : error);
	process.exit(error instanceof UsageError ? 2 : 1);
}

function list(): void {
	for (const { name, description } of RECIPES.values()) console.log(`${name}: ${description}`);
	for (const make of SWEEPS.values()) {
		const { name, description, runs } = make();
		console.log(`sweep ${name}: ${description} ${runs.length} runs.`);
	}
}

/** A task in words, and a row of it with its answers below. */
function show(name: string | undefined): void {
	const task = taskOf(name ?? '', taskOptions());
	const { ids, targets } = task.example(new Random(number('seed') ?? 1, `${task.name} show`));
	const cells = ids.map((id, i) => {
		const answer = targets[i] < task.vocabSize ? task.token(targets[i]) : '';
		const shown = task.token(id);
		const width = Math.max(shown.length, answer.length);
		return [shown.padEnd(width), answer.padEnd(width)];
	});
	console.log(`${task.description}\n(${task.source})\n`);
	for (let first = 0; first < cells.length; first += CELLS) {
		const line = cells.slice(first, first + CELLS);
		for (const which of [0, 1]) console.log(line.map((cell) => cell[which]).join(' '));
	}
}

/** NAME=NUMBER of every `--task`. */
function taskOptions(): Record<string, number> {
	return Object.fromEntries(
		pairs(values.task, '--task').map(([name, text]) => {
			if (text.trim() === '' || !Number.isFinite(Number(text)))
				throw new UsageError(`--task ${name} takes a number, not ${text}.`);
			return [name, Number(text)];
		})
	);
}

/** NAME=VALUE of every `--set`; a value that is JSON is taken as such. */
function configFields(): Record<string, unknown> {
	return Object.fromEntries(
		pairs(values.set, '--set').map(([name, text]) => {
			try {
				return [name, JSON.parse(text) as unknown];
			} catch {
				return [name, text];
			}
		})
	);
}

function pairs(texts: readonly string[], option: string): [name: string, value: string][] {
	return texts.map((text) => {
		const at = text.indexOf('=');
		if (at < 1) throw new UsageError(`${option} takes NAME=VALUE, not ${text}.`);
		return [text.slice(0, at), text.slice(at + 1)];
	});
}

/** The number of an option; undefined where it was not given. */
function number(name: Numeric): number | undefined {
	const given = values[name];
	if (given === undefined) return undefined;
	const value = Number(given);
	if (given.trim() === '' || !Number.isFinite(value) || value < 0)
		throw new UsageError(`--${name} takes a number of at least 0, not ${given}.`);
	return value;
}

/** The recipe by its name. */
function namedRecipe(): Recipe {
	const recipe = RECIPES.get(values.recipe ?? '');
	if (!recipe)
		throw new UsageError(
			`There is no recipe ${values.recipe}; there are ${[...RECIPES.keys()].join(', ')}.`
		);
	const config = { ...recipe.config, ...configFields() };
	const { data } = recipe;
	if (data.kind === 'text') return { ...recipe, config };
	return { ...recipe, config, data: { ...data, options: { ...data.options, ...taskOptions() } } };
}

/** The recipe by its name, or the one for a task and an architecture, with what the options change. */
function recipeAsked(task: string | undefined): Recipe {
	if (task && !values.model)
		throw new UsageError(`Which model? --model ${SMALL_MODELS.join('|')}.`);
	const recipe = task
		? taskRecipe(task, values.model ?? '', taskOptions(), configFields())
		: namedRecipe();
	const { optimiser } = recipe;
	const snapshots = snapshotsAsked() ?? recipe.snapshots;
	return {
		...recipe,
		seed: number('seed') ?? recipe.seed,
		rows: number('rows') ?? recipe.rows,
		data: dataAsked(recipe.data),
		dropout: number('dropout') ?? recipe.dropout ?? 0,
		accumulate: number('accumulate') ?? recipe.accumulate ?? 1,
		recompute: values.recompute ?? recipe.recompute ?? false,
		...(snapshots && { snapshots }),
		evaluateEvery: number('evaluate-every') ?? recipe.evaluateEvery,
		optimiser: {
			...optimiser,
			rate: number('rate') ?? optimiser.rate,
			steps: number('steps') ?? optimiser.steps
		}
	};
}

function snapshotsAsked(): number[] | undefined {
	const steps = values.snapshots?.split(',').map((text) => (text.trim() ? Number(text) : NaN));
	if (steps && !steps.every((step) => Number.isSafeInteger(step) && step >= 0))
		throw new UsageError(`--snapshots takes numbers of steps, 0,50,100, not ${values.snapshots}.`);
	return steps;
}

function dataAsked(data: Recipe['data']): Recipe['data'] {
	const length = number('length');
	if (length === undefined) return data;
	return data.kind === 'text'
		? { ...data, length }
		: { ...data, options: { ...data.options, length } };
}

async function followAsked(task: string | undefined): Promise<void> {
	const recipe = recipeAsked(task);
	const folder = values.out;
	if (!folder) throw new UsageError('Say where the model goes: --out DIR.');
	if (!values.resume) await expectEmpty(folder);
	const { finished, step } = await follow(await open(), recipe, folder, how());
	if (!finished)
		console.error(`stopped at step ${step} of ${recipe.optimiser.steps}: go on with --resume`);
	else console.error(`the model is in ${folder}`);
}

/** Every run of a sweep that is not there yet, one after the other. */
async function sweep(name: string | undefined): Promise<void> {
	const make = SWEEPS.get(name ?? '');
	if (!make)
		throw new UsageError(`There is no sweep ${name}; there are ${[...SWEEPS.keys()].join(', ')}.`);
	const folder = values.out;
	if (!folder) throw new UsageError('Say where the results go: --out DIR.');
	const { runs } = make();
	const engine = await open();
	const settings = how();
	const mine = partAsked();
	for (const [i, { name, recipe, keep }] of runs.entries()) {
		if (settings.stop()) break;
		if (!mine(i)) continue;
		const place = join(folder, name);
		if (existsSync(join(place, 'training.json'))) continue;
		console.error(`${name}: ${i + 1} of ${runs.length}`);
		const { finished } = await follow(engine, recipe, place, { ...settings, quiet: true });
		if (finished && !keep) await rm(join(place, 'model.safetensors'));
	}
	const done: unknown[] = [];
	for (const { name } of runs) {
		const path = join(folder, name, 'training.json');
		if (!existsSync(path)) continue;
		const { curve, ...rest } = parseObject(path, await readFile(path, 'utf8'));
		done.push({ name, ...rest, seconds: (curve as Curve).seconds });
	}
	await writeWhole(join(folder, 'results.json'), `${JSON.stringify(done)}\n`);
	console.error(`${done.length} of ${runs.length} runs are in ${folder}`);
}

/** Whether a run is of the part that `--part` asks for. */
function partAsked(): (run: number) => boolean {
	const [part, parts] = (values.part ?? '1/1').split('/').map(Number);
	if (!(Number.isSafeInteger(part) && Number.isSafeInteger(parts) && part >= 1 && part <= parts))
		throw new UsageError(`--part is 1/4, 2/4, …, not ${values.part}.`);
	return (run) => run % parts === part - 1;
}

async function checkAll(folders: readonly string[]): Promise<void> {
	if (folders.length === 0) throw new UsageError('Which models? check DIR…');
	const engine = await open();
	const wrong: string[] = [];
	for (const folder of folders) {
		const checked = await check(engine, folder, values.data);
		console.log(JSON.stringify({ folder, ...checked }));
		if (!(checked.difference < SAME)) wrong.push(folder);
	}
	if (wrong.length > 0) throw new Error(`Not what they were: ${wrong.join(', ')}.`);
}

async function open(): Promise<Engine> {
	const { engine, because } = await openEngine(backend(), {
		gpu: values.backend === 'cpu' ? undefined : dawn()
	});
	const reason = because ? ` (no WebGPU: ${because})` : '';
	console.error(`on ${engine.backend}, ${engine.adapter.name}${reason}`);
	return engine;
}

function backend(): 'auto' | Backend {
	const wish = values.backend;
	if (wish === 'auto' || wish === 'webgpu' || wish === 'cpu') return wish;
	throw new UsageError(`--backend is webgpu or cpu, not ${wish}.`);
}

function how(): RunSettings {
	const end = performance.now() + 60_000 * (number('minutes') ?? Infinity);
	return {
		data: values.data,
		tokenizer: values.tokenizer,
		saveEvery: number('save-every') ?? 500,
		stop: () => interrupted || performance.now() > end
	};
}

async function tokenise(files: readonly string[]): Promise<void> {
	const bases = files.every((file) => FASTA.test(file));
	if (files.length === 0 || !values.out || !(bases || values.tokenizer))
		throw new UsageError('tokenise FILE… --tokenizer tokenizer.json --out F.safetensors');
	const texts: string[] = [];
	for (const file of files) {
		const bytes = await readFile(file);
		texts.push((file.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8'));
	}
	const { ids, size } = bases
		? { ids: basesOf(texts.join('\n')), size: BASE_VOCABULARY }
		: await wordsOf(texts, values.tokenizer ?? '');
	await writeWhole(values.out, writeIds(ids, size));
	console.error(`${ids.length} tokens in ${values.out}`);
}

async function wordsOf(
	texts: readonly string[],
	file: string
): Promise<{ ids: Ids; size: number }> {
	const tokenizer = Tokenizer.from(
		parseObject('tokenizer.json', await readFile(file, 'utf8'), 'tokenizer')
	);
	const { size } = tokenizer;
	return { ids: packed(texts.flatMap(documentsOf), (text) => tokenizer.encode(text), size), size };
}

async function markov(files: readonly string[]): Promise<void> {
	if (files.length !== 2) throw new UsageError('markov TRAIN.safetensors TEST.safetensors');
	const [train, test] = await Promise.all(files.map(readTokens));
	// What stands between texts is left out.
	const plain = ({ ids }: TokenFile) => ids.filter((id) => id !== START).map((id) => id - 1);
	const [seen, all] = [plain(train), plain(test)];
	const part = all.subarray(-(number('tokens') ?? all.length));
	const size = Math.max(train.vocabSize, test.vocabSize) - 1;
	const rows: Record<string, number> = {};
	for (const order of ORDERS.filter((k) => size ** (k + 1) <= 2 ** 28))
		rows[order] = markovLoss(seen, part, order, size) / Math.LN2;
	console.log(JSON.stringify({ tokens: part.length, bits_per_token: rows }));
}
