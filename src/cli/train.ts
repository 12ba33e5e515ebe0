// `npm run -s train -- --recipe NAME --out DIR`: train a model of the zoo. Progress goes to stderr, the result to DIR.
import { existsSync } from 'node:fs';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { gunzipSync } from 'node:zlib';
import { openEngine, type Backend } from '#lib/engine/index.ts';
import { parseObject } from '#lib/models/checkpoint/json.ts';
import { openSafetensors, writeSafetensors } from '#lib/models/checkpoint/safetensors.ts';
import { Tokenizer } from '#lib/models/tokenizer/tokenizer.ts';
import type { Scores } from '#lib/training/data.ts';
import { train, type Curve, type Progress } from '#lib/training/loop.ts';
import { openRun, type Recipe, type Run } from '#lib/training/recipe.ts';
import { RECIPES } from '#lib/training/recipes.ts';
import { documentsOf, packed, readIds, writeIds, type TokenFile } from '#lib/training/tokens.ts';
import { dawn } from './dawn.ts';
import { sourceFromFile } from './file-source.ts';
import { UsageError } from './model-folder.ts';
import { forgetState, savedList, savedState, saveState, writeWhole } from './run-folder.ts';

const USAGE = `usage: npm run -s train -- --recipe NAME --out DIR [options]
  --resume           go on from DIR's checkpoint
  --data DIR         where the recipe's files of ids are (data)
  --minutes M        stop after M minutes, with a checkpoint
  --steps N          instead of the recipe's; so are --seed, --rows, --length, --rate, --dropout and --accumulate
  --save-every N     steps between checkpoints (500)
  --recompute        less memory, more time
  --backend webgpu|cpu (webgpu where there is one)
npm run -s train -- tokenise FILE.txt[.gz] --tokenizer tokenizer.json --out F.safetensors
  documents are parted by <|endoftext|>; id 0 stands before each
npm run -s train -- list
  the recipes`;

const { values, positionals } = parseArgs({
	allowPositionals: true,
	options: {
		recipe: { type: 'string' },
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
		'save-every': { type: 'string', default: '500' },
		backend: { type: 'string', default: 'auto' },
		tokenizer: { type: 'string' },
		help: { type: 'boolean', default: false }
	}
});

type Numeric = Exclude<
	{
		[K in keyof typeof values]: (typeof values)[K] extends string | undefined ? K : never;
	}[keyof typeof values],
	undefined
>;

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
	else if (command === 'list') list();
	else if (command) throw new UsageError(`There is no command ${command}.\n${USAGE}`);
	else await follow(recipeAsked());
	process.exit(0);
} catch (error) {
	console.error(error instanceof Error ? error.message : error);
	process.exit(error instanceof UsageError ? 2 : 1);
}

function list(): void {
	for (const { name, description } of RECIPES.values()) console.log(`${name}: ${description}`);
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

/** The recipe by its name, with what the options change. */
function recipeAsked(): Recipe {
	const recipe = RECIPES.get(values.recipe ?? '');
	if (!recipe)
		throw new UsageError(
			`There is no recipe ${values.recipe}; there are ${[...RECIPES.keys()].join(', ')}.`
		);
	const { optimiser } = recipe;
	return {
		...recipe,
		seed: number('seed') ?? recipe.seed,
		rows: number('rows') ?? recipe.rows,
		data: dataAsked(recipe.data),
		dropout: number('dropout') ?? recipe.dropout ?? 0,
		accumulate: number('accumulate') ?? recipe.accumulate ?? 1,
		recompute: values.recompute ?? recipe.recompute ?? false,
		evaluateEvery: number('evaluate-every') ?? recipe.evaluateEvery,
		optimiser: {
			...optimiser,
			rate: number('rate') ?? optimiser.rate,
			steps: number('steps') ?? optimiser.steps
		}
	};
}

function dataAsked(data: Recipe['data']): Recipe['data'] {
	const length = number('length');
	if (length === undefined) return data;
	return data.kind === 'text'
		? { ...data, length }
		: { ...data, options: { ...data.options, length } };
}

async function follow(recipe: Recipe): Promise<void> {
	const folder = values.out;
	if (!folder) throw new UsageError('Say where the model goes: --out DIR.');
	const saved = await savedList(folder);
	if (saved && !values.resume)
		throw new UsageError(`${folder} holds a run at step ${saved.step}: go on with --resume.`);
	if (!saved && existsSync(join(folder, 'model.safetensors')))
		throw new UsageError(`${folder} holds a model already; train into another folder.`);
	const { engine, because } = await openEngine(backend(), {
		gpu: values.backend === 'cpu' ? undefined : dawn()
	});
	console.error(
		`on ${engine.backend}, ${engine.adapter.name}${because ? ` (no WebGPU: ${because})` : ''}`
	);
	const run = await openRun(engine, recipe, openIds);
	let curve: Curve | undefined;
	if (saved) {
		expectSameRecipe(saved.record.recipe, recipe);
		run.trainer.restore(await savedState(folder, saved, run.architecture.weights));
		curve = saved.record.curve as Curve;
		console.error(`going on from step ${saved.step}`);
	}
	const { steps } = recipe.optimiser;
	const end = performance.now() + 60_000 * (number('minutes') ?? Infinity);
	const outcome = await train(run.trainer, {
		data: run.data,
		evaluation: run.evaluation,
		evaluateEvery: recipe.evaluateEvery,
		saveEvery: number('save-every'),
		steps,
		curve,
		onProgress: report,
		onEvaluation: reportScores,
		stop: () => interrupted || performance.now() > end,
		save: async (curve) => saveState(folder, await run.trainer.save(), { recipe, curve })
	});
	console.error(
		`${(run.peakBytes / 1e6).toFixed(0)} MB on the device, ${outcome.tokensPerSecond.toFixed(0)} tokens/s`
	);
	if (!outcome.finished) {
		console.error(`stopped at step ${run.trainer.step} of ${steps}: go on with --resume`);
		return;
	}
	await ship(folder, recipe, run, {
		backend: engine.backend,
		adapter: engine.adapter.name,
		peak_bytes: run.peakBytes,
		tokens: steps * recipe.rows * run.data.length,
		tokens_per_second: outcome.tokensPerSecond,
		evaluation: outcome.scores,
		curve: outcome.curve
	});
}

/** The model as a checkpoint folder, and how it came about. */
async function ship(
	folder: string,
	recipe: Recipe,
	{ trainer: { model } }: Run,
	about: Readonly<Record<string, unknown>>
): Promise<void> {
	const weights = new Map<string, Float32Array<ArrayBuffer>>();
	for (const [name, tensor] of model.parameters)
		weights.set(name, (await model.engine.read(tensor)) as Float32Array<ArrayBuffer>);
	await mkdir(folder, { recursive: true });
	await writeWhole(
		join(folder, 'model.safetensors'),
		writeSafetensors(model.asCheckpoint(weights))
	);
	await writeWhole(join(folder, 'config.json'), `${JSON.stringify(recipe.config, null, '\t')}\n`);
	await writeWhole(join(folder, 'training.json'), `${JSON.stringify({ recipe, ...about })}\n`);
	await forgetState(folder);
	console.error(`the model is in ${folder}`);
}

async function openIds(name: string): Promise<TokenFile> {
	const path = join(values.data, `${name}.safetensors`);
	const source = await sourceFromFile(path).catch(() => {
		throw new UsageError(
			`The recipe reads ${path}, which is not there. Make it with \`tokenise\`.`
		);
	});
	return readIds(await openSafetensors(source));
}

function expectSameRecipe(before: unknown, now: Recipe): void {
	const was = (before ?? {}) as Readonly<Record<string, unknown>>;
	const changed = Object.entries(now).find(
		([name, value]) => JSON.stringify(was[name]) !== JSON.stringify(value)
	);
	if (changed)
		throw new UsageError(
			`The checkpoint was made with another ${changed[0]}: ${JSON.stringify(was[changed[0]])}, not ${JSON.stringify(changed[1])}.`
		);
}

function backend(): 'auto' | Backend {
	const wish = values.backend;
	if (wish === 'auto' || wish === 'webgpu' || wish === 'cpu') return wish;
	throw new UsageError(`--backend is webgpu or cpu, not ${wish}.`);
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

async function tokenise(files: readonly string[]): Promise<void> {
	if (files.length === 0 || !values.tokenizer || !values.out)
		throw new UsageError('tokenise FILE… --tokenizer tokenizer.json --out F.safetensors');
	const tokenizer = Tokenizer.from(
		parseObject('tokenizer.json', await readFile(values.tokenizer, 'utf8'), 'tokenizer')
	);
	const documents: string[] = [];
	for (const file of files) {
		const bytes = await readFile(file);
		const text = (file.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8');
		documents.push(...documentsOf(text));
	}
	const ids = packed(documents, (text) => tokenizer.encode(text), tokenizer.size);
	await writeWhole(values.out, writeIds(ids, tokenizer.size));
	console.error(`${documents.length} documents, ${ids.length} tokens in ${values.out}`);
}
