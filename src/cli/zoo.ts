// `npm run zoo`: the models of the site, made again from their recipes, shipped, and held against their cards.
import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { parseArgs } from 'node:util';
import { openEngine, type Backend, type Engine } from '#lib/engine/index.ts';
import type { Recipe } from '#lib/training/recipe.ts';
import { RECIPES } from '#lib/training/recipes.ts';
import { taskOf } from '#lib/training/tasks/index.ts';
import { dawn } from './dawn.ts';
import { UsageError } from './model-folder.ts';
import { savedList } from './run-folder.ts';
import { ship } from './shipping.ts';
import { follow } from './train-run.ts';
import { checkShipped } from './zoo-check.ts';

const MODELS = 'static/models';

const USAGE = `usage: npm run zoo [-- --only NAME…] [options]
  train every model of the site by its recipe and ship it; those whose run is there are not trained again,
  one that was interrupted goes on
  --dry-run          only say what would be done
  --runs DIR         where the runs are kept (.cache/zoo)
  --backend webgpu|cpu (webgpu where there is one)
npm run zoo -- --ship DIR [NAME…]
  ship the runs in DIR, and measure them as shipped, on the processor
npm run zoo -- --check [NAME…] [--long]
  measure shipped models again, on the processor, and compare with their cards; --long also where that takes
  many minutes
All take
  --part 1/4         do every fourth, from the first: four processes share the work
  --data DIR         where the files of ids are (data), for models of texts and genomes
  --to DIR           where the models are (${MODELS})`;

const { values, positionals } = parseArgs({
	allowPositionals: true,
	options: {
		only: { type: 'string', multiple: true, default: [] },
		check: { type: 'boolean', default: false },
		long: { type: 'boolean', default: false },
		ship: { type: 'string' },
		'dry-run': { type: 'boolean', default: false },
		runs: { type: 'string', default: '.cache/zoo' },
		data: { type: 'string', default: 'data' },
		to: { type: 'string', default: MODELS },
		backend: { type: 'string', default: 'auto' },
		part: { type: 'string', default: '1/1' },
		help: { type: 'boolean', default: false }
	}
});

// While models are trained the first signal ends a run with a checkpoint, the second at once.
let interrupted = false;
function listen(): void {
	for (const signal of ['SIGINT', 'SIGTERM'] as const)
		process.on(signal, () => {
			if (interrupted) process.exit(130);
			interrupted = true;
		});
}

const names = [...values.only, ...positionals];

try {
	if (values.help) console.log(USAGE);
	else if (values.check) await check(names);
	else if (values.ship) await shipAll(values.ship, names);
	else await rebuild(names);
	process.exit(process.exitCode ?? 0);
} catch (error) {
	console.error(error instanceof Error ? error.message : error);
	process.exit(error instanceof UsageError ? 2 : 1);
}

/** Those of a list that are of the part that `--part` asks for. */
function mine<T>(all: readonly T[]): T[] {
	const [part, parts] = values.part.split('/').map(Number);
	if (!(Number.isSafeInteger(part) && Number.isSafeInteger(parts) && part >= 1 && part <= parts))
		throw new UsageError(`--part is 1/4, 2/4, …, not ${values.part}.`);
	return all.filter((_, i) => i % parts === part - 1);
}

/** Folders in a folder that hold a file, by name. */
async function foldersWith(folder: string, file: string): Promise<string[]> {
	const names = await readdir(folder).catch(() => {
		throw new UsageError(`There is no folder ${folder}.`);
	});
	return names.filter((name) => existsSync(join(folder, name, file))).sort();
}

/** Say what was done and what was not; the latter ends the command with 1. */
function end(wrong: readonly string[], done: string, not: string): void {
	console.error(wrong.length === 0 ? done : `${done} ${not}: ${wrong.join(', ')}.`);
	if (wrong.length > 0) process.exitCode = 1;
}

async function check(names: readonly string[]): Promise<void> {
	const asked = names.length > 0;
	const { engine } = await openEngine('cpu');
	const wrong: string[] = [];
	let [right, compared] = [0, 0];
	for (const name of mine(asked ? names : await foldersWith(values.to, 'card.json'))) {
		const found = await checkShipped(engine, join(values.to, name), values);
		console.log(JSON.stringify(found));
		compared += found.compared;
		// What was asked for by its name and could not be measured is not right either.
		if (found.wrong.length > 0 || (asked && found.compared === 0)) wrong.push(name);
		else if (found.compared > 0) right++;
		else console.error(`${name} was not measured: ${found.skipped.join('; ')}`);
	}
	end(
		wrong,
		`${right} models do what their cards say: ${compared} numbers were compared.`,
		'Not as their cards say, or not measured'
	);
}

async function shipAll(runs: string, names: readonly string[]): Promise<void> {
	const { engine } = await openEngine('cpu');
	const all = mine(names.length > 0 ? names : await foldersWith(runs, 'training.json'));
	const wrong: string[] = [];
	for (const name of all)
		try {
			await shipOne(engine, join(runs, name));
		} catch (error) {
			console.error(`${name}: ${error instanceof Error ? error.message : String(error)}`);
			wrong.push(name);
		}
	end(wrong, `${all.length - wrong.length} models are in ${values.to}.`, 'Not shipped');
}

async function shipOne(engine: Engine, run: string): Promise<void> {
	const name = basename(run);
	const start = performance.now();
	const { card } = await ship(run, join(values.to, name), { engine, data: values.data });
	const seconds = ((performance.now() - start) / 1000).toFixed(1);
	const { loss, accuracy } = card.task?.settings[0] ?? { loss: card.evaluation.value };
	const right = accuracy === undefined ? '' : `, ${(100 * accuracy).toFixed(1)} % right`;
	console.error(`${name}: loss ${loss.toFixed(4)}${right}, ${seconds} s`);
}

/** Files of ids that a recipe names and that are not there. */
function missing({ data }: Recipe): string[] {
	if (data.kind === 'task') return [];
	const names = new Set([...data.sources.map(({ file }) => file), data.heldOut.file]);
	return [...names]
		.map((name) => join(values.data, `${name}.safetensors`))
		.filter((path) => !existsSync(path));
}

/** Train what has no run yet, then ship all. */
async function rebuild(names: readonly string[]): Promise<void> {
	const unknown = names.find((name) => !RECIPES.has(name));
	if (unknown !== undefined)
		throw new UsageError(
			`There is no recipe ${unknown}; there are ${[...RECIPES.keys()].join(', ')}.`
		);
	const recipes = mine(
		[...RECIPES.values()].filter(({ name }) => names.length === 0 || names.includes(name))
	);
	if (values['dry-run']) {
		await plan(recipes);
		return;
	}
	const { engine } = await openEngine(backend(), {
		gpu: values.backend === 'cpu' ? undefined : dawn()
	});
	const { engine: processor } = await openEngine('cpu');
	listen();
	console.error(`on ${engine.backend}, ${engine.adapter.name}`);
	const left: string[] = [];
	for (const recipe of recipes) {
		const run = join(values.runs, recipe.name);
		const lacks = missing(recipe);
		if (lacks.length > 0) {
			console.error(`${recipe.name} needs ${lacks.join(', ')}.`);
			left.push(recipe.name);
		} else if (await trained(engine, recipe, run)) await shipOne(processor, run);
		else left.push(recipe.name);
	}
	end(
		left,
		`${recipes.length - left.length} of ${recipes.length} models are in ${values.to}.`,
		'Not trained to the end'
	);
}

/** Is a recipe's run over? Begins it or goes on with it where not. */
async function trained(engine: Engine, recipe: Recipe, run: string): Promise<boolean> {
	if (existsSync(join(run, 'training.json'))) return true;
	if (interrupted) return false;
	console.error(`${recipe.name}: ${describe(recipe)}`);
	const { finished } = await follow(engine, recipe, run, {
		data: values.data,
		saveEvery: 500,
		stop: () => interrupted,
		quiet: true
	});
	return finished;
}

/** Tokens that a recipe's run reads. */
function tokensOf({ data, optimiser, rows }: Recipe): number {
	const length = data.kind === 'text' ? data.length : taskOf(data.task, data.options).length;
	return optimiser.steps * rows * length;
}

function describe(recipe: Recipe): string {
	return `${recipe.optimiser.steps} steps, ${(tokensOf(recipe) / 1e6).toFixed(1)} M tokens`;
}

async function plan(recipes: readonly Recipe[]): Promise<void> {
	let tokens = 0;
	let count = 0;
	for (const recipe of recipes) {
		const run = join(values.runs, recipe.name);
		const lacks = missing(recipe);
		const saved = await savedList(run);
		const there = existsSync(join(run, 'training.json'));
		if (!there && lacks.length === 0) {
			tokens += tokensOf(recipe);
			count++;
		}
		const todo = there
			? 'trained, ship it'
			: lacks.length > 0
				? `cannot be trained: ${lacks.join(', ')} is not there`
				: saved
					? `go on from step ${saved.step}`
					: 'train and ship it';
		console.log(`${recipe.name}: ${describe(recipe)}: ${todo}`);
	}
	console.log(`${count} models to train on ${(tokens / 1e6).toFixed(0)} M tokens.`);
}

function backend(): 'auto' | Backend {
	const wish = values.backend;
	if (wish === 'auto' || wish === 'webgpu' || wish === 'cpu') return wish;
	throw new UsageError(`--backend is webgpu or cpu, not ${wish}.`);
}
