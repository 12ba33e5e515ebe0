// `npm run zoo -- --check`: measure the weights that the site ships again, and compare with their cards.
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { openEngine, type Engine } from '#lib/engine/index.ts';
import { parseCard } from '#lib/models/checkpoint/card.ts';
import { RECIPES } from '#lib/training/recipes.ts';
import { check } from './train-run.ts';

const USAGE = `usage: npm run zoo -- --check [NAME…] [--data DIR]
  measure shipped models again, on the processor, and compare with their cards`;
/** Nats a token that a measurement may differ: engines add up in another order. */
const SAME = 0.001;
const MODELS = 'static/models';

const { values, positionals } = parseArgs({
	allowPositionals: true,
	options: {
		check: { type: 'boolean', default: false },
		data: { type: 'string', default: 'data' }
	}
});

try {
	if (values.check) await checkAll(positionals.length > 0 ? positionals : await readdir(MODELS));
	else console.log(USAGE);
} catch (error) {
	console.error(error instanceof Error ? error.message : error);
	process.exitCode = 1;
}

async function checkAll(names: readonly string[]): Promise<void> {
	const { engine } = await openEngine('cpu');
	const wrong: string[] = [];
	for (const name of names) {
		const { value, measured } = await measure(engine, name);
		console.log(JSON.stringify({ name, card: value, measured }));
		if (!(Math.abs(measured - value) <= SAME)) wrong.push(name);
	}
	if (wrong.length > 0) throw new Error(`Not what their cards say: ${wrong.join(', ')}.`);
}

async function measure(
	engine: Engine,
	name: string
): Promise<{ readonly value: number; readonly measured: number }> {
	const weights = join(MODELS, name);
	const { training, evaluation } = parseCard(await readFile(join(weights, 'card.json'), 'utf8'));
	// A model from elsewhere is named after the recipe that measures it.
	const recipe = RECIPES.get(training.recipe ?? name);
	if (!recipe) throw new Error(`No recipe says how ${name} was measured.`);
	const folder = await mkdtemp(join(tmpdir(), 'zoo-'));
	try {
		const story = { recipe, evaluation: { loss: evaluation.value } };
		await writeFile(join(folder, 'training.json'), JSON.stringify(story));
		const { now } = await check(engine, folder, values.data, weights);
		return { value: evaluation.value, measured: now.loss };
	} finally {
		await rm(folder, { recursive: true });
	}
}
