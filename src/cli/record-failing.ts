// `npm run story` runs it: what small models of the three tasks answer, how far they hold when the task is made longer, and how one Mamba
// learnt to select. On the processor, by the page's own session; accuracies are those of the models' cards. With `--sweep DIR`, where
// `npm run train -- sweep selection` has left its runs, also what came of other seeds; without, what was recorded of them stays.
import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { openEngine } from '#lib/engine/index.ts';
import { packNumbers } from '#lib/figures/convolution/recorded.ts';
import {
	answersFrom,
	lineOf,
	readLine,
	TASKS,
	TIMES,
	type Answer,
	type TaskName
} from '#lib/figures/failing/instance.ts';
import {
	ARCHITECTURES,
	type ArchitectureName,
	type OtherRun,
	type RecordedFailing,
	type RecordedLearning,
	type RecordedModel
} from '#lib/figures/failing/recorded.ts';
import { separation } from '#lib/figures/selection/survival.ts';
import { parseCard, type Card } from '#lib/models/checkpoint/card.ts';
import { openSafetensors } from '#lib/models/checkpoint/safetensors.ts';
import { architectureOf } from '#lib/models/architectures.ts';
import { LocalSession } from '#lib/session/local.ts';
import { TaskData, taskOf } from '#lib/training/tasks/index.ts';
import { sourceFromFile } from './file-source.ts';
import { measureTask } from './measure.ts';
import { fetchFromDisk, weightsHash } from './node-session.ts';

const MODELS = 'static/models';
const SEED = 1;
const LEARNER = 'selective-copying-mamba';
/** Rows of the task in which the channel is looked for, and as many others on which its score is taken. */
const ROWS = 32;
/** Examples by which each moment is measured. */
const MEASURED = { rows: 256, twice: 128 };
const BLANK = 0;
/** Tokens that the short convolution sees: so long after a letter its channels may still answer to it. */
const LAGS = 4;

const { values: options } = parseArgs({
	options: {
		out: { type: 'string', default: 'src/lib/figures/failing/recorded.json' },
		sweep: { type: 'string' }
	}
});

const cardOf = async (name: string): Promise<Card> =>
	parseCard(await readFile(join(MODELS, name, 'card.json'), 'utf8'));

/** A shipped model, or `name@step`: what it was at a moment of its training. */
const weightsAt = (folder: string) => {
	const [name, step] = folder.split('@');
	const file = step ? join('snapshots', `step-${step}.safetensors`) : 'model.safetensors';
	return { name, path: join(MODELS, name, file) };
};
const session = new LocalSession(
	async (folder, how) => {
		const { name, path } = weightsAt(folder);
		return { ...(await fetchFromDisk(name, how)), weights: await sourceFromFile(path) };
	},
	{ open: () => openEngine('cpu') }
);
const { engine } = await openEngine('cpu');
const round = (value: number) => Number(value.toPrecision(4));
const before = existsSync(options.out)
	? (JSON.parse(await readFile(options.out, 'utf8')) as RecordedFailing)
	: undefined;

async function answers(folder: string, task: TaskName, line: string): Promise<Answer[]> {
	const { ids, asked } = readLine(task, line);
	const run = await session.trace({ folder, ids, answers: asked.map(({ at }) => at) });
	return answersFrom(task, run.answers ?? []).map(({ said, p }) => ({ said, p: round(p) }));
}

/** Seeds of the sweep that are not the shipped model's. */
const OTHER_SEEDS = [2, 3];

interface Run {
	readonly recipe: { readonly seed: number; readonly optimiser: { readonly steps: number } };
	readonly evaluation: { readonly accuracy: number };
	readonly tests: readonly {
		readonly test: string;
		readonly scores: { readonly accuracy: number };
	}[];
}

/** Other runs of a model: from the sweep's folder where there is one, or as they were recorded. */
async function othersOf(name: string, steps: number, was: RecordedModel | undefined) {
	if (options.sweep === undefined) {
		if (was && was.steps !== steps)
			throw new Error(`${name} has other steps than its other seeds: say where they are, --sweep.`);
		return was?.others ?? [];
	}
	const runs: OtherRun[] = [];
	for (const seed of OTHER_SEEDS) {
		const path = join(options.sweep, `${name}-seed${seed}`, 'training.json');
		if (!existsSync(path)) continue;
		const { recipe, evaluation, tests } = JSON.parse(await readFile(path, 'utf8')) as Run;
		if (recipe.seed !== seed || recipe.optimiser.steps !== steps)
			throw new Error(`${path} is not a run of ${steps} steps from seed ${seed}.`);
		const longer = tests.filter(({ test }) => test !== '×1');
		runs.push({
			seed,
			scores: [
				{ times: 1, right: round(evaluation.accuracy) },
				...longer.map(({ test, scores }) => ({
					times: Number(test.slice(1)),
					right: round(scores.accuracy)
				}))
			]
		});
	}
	return runs;
}

async function recordModel(task: TaskName, architecture: ArchitectureName): Promise<RecordedModel> {
	const name = `${task}-${architecture}`;
	const card = await cardOf(name);
	const all: Answer[][] = [];
	for (const times of TIMES[task]) all.push(await answers(name, task, lineOf(task, times, SEED)));
	// A test at the length of training says it once more, over fewer examples.
	const settings = (card.task?.settings ?? []).filter(({ test }) => test !== '×1');
	return {
		bytes: Object.values(card.files).reduce((sum, { bytes }) => sum + bytes, 0),
		steps: card.training.steps,
		scores: settings.map(({ test, accuracy, rows }) => ({
			times: Number(test?.slice(1) ?? 1),
			right: accuracy,
			rows
		})),
		others: await othersOf(name, card.training.steps, before?.tasks[task][architecture]),
		answers: all
	};
}

/** Δ of all layers over rows of the task, and which of their tokens are letters. */
async function steps(folder: string, rows: readonly (readonly number[])[], layers: number) {
	const name = (layer: number) => `layers.${layer}.mixer.delta`;
	const names = Array.from({ length: layers }, (_, l) => name(l));
	const delta = names.map(() => [] as Float32Array[]);
	for (const ids of rows) {
		const { values } = await session.trace({ folder, ids, names });
		names.forEach((of, l) => delta[l].push(values[of]));
	}
	return delta;
}

async function recordLearning(): Promise<RecordedLearning> {
	const card = await cardOf(LEARNER);
	const { layers } = await session.take({ folder: LEARNER }, () => {});
	const task = taskOf('selective-copying');
	// Only what is shown: at question marks nothing new comes.
	const context = lineOf('selective-copying', 1, SEED).length;
	const shown = (part: number) => {
		const { ids } = new TaskData(task, SEED, `channel ${part}`).batch(0, ROWS);
		return Array.from({ length: ROWS }, (_, r) => [
			...ids.subarray(r * task.length, r * task.length + context)
		]);
	};
	const [choosing, scoring] = [shown(0), shown(1)];
	/** Was there a letter so many tokens ago? */
	const afterLetter = (rows: readonly (readonly number[])[], lag: number) =>
		rows.flatMap((row) => row.map((_, t) => t >= lag && row[t - lag] !== BLANK));
	const column = (delta: readonly Float32Array[], channels: number, d: number) =>
		Float32Array.from(
			delta.flatMap((row) =>
				Array.from({ length: row.length / channels }, (_, t) => row[t * channels + d])
			)
		);
	const chosenOn = await steps(LEARNER, choosing, layers);
	const D = chosenOn[0][0].length / context;
	let best = { layer: 0, channel: 0, lag: 0, score: 0, gap: 0 };
	const means = (values: ArrayLike<number>, is: readonly boolean[]) => {
		const mean = (want: boolean) => {
			let [sum, count] = [0, 0];
			is.forEach((one, i) => {
				if (one === want) [sum, count] = [sum + values[i], count + 1];
			});
			return sum / count;
		};
		return { after: mean(true), elsewhere: mean(false) };
	};
	const byLag: { layer: number; channel: number }[] = [];
	for (let lag = 0; lag < LAGS; lag++) {
		const is = afterLetter(choosing, lag);
		let here = { layer: 0, channel: 0, score: 0 };
		for (let layer = 0; layer < layers; layer++)
			for (let channel = 0; channel < D; channel++) {
				const values = column(chosenOn[layer], D, channel);
				const score = separation(values, is);
				const of = means(values, is);
				const gap = of.after - of.elsewhere;
				if (score > here.score) here = { layer, channel, score };
				// Where several do it equally well, the one with the widest gap.
				if (score > best.score || (score === best.score && gap > best.gap))
					best = { layer, channel, lag, score, gap };
			}
		byLag.push(here);
	}
	const { layer, channel, lag } = best;
	const is = afterLetter(scoring, lag);
	console.error('chosen', best);
	const at = async (folder: string) => {
		const delta = await steps(folder, scoring, layers);
		return column(delta[layer], D, channel);
	};
	const line = lineOf('selective-copying', 1, SEED);
	const { ids } = readLine('selective-copying', line);
	const final = card.training.steps;
	const snapshots = Object.keys(card.snapshots ?? {}).map((file) =>
		Number(/step-(\d+)\./.exec(file)?.[1])
	);
	const moments: RecordedLearning['moments'][number][] = [];
	for (const step of [...snapshots.filter((s) => s < final).sort((a, b) => a - b), final]) {
		const folder = step === final ? LEARNER : `${LEARNER}@${step}`;
		const { name, path } = weightsAt(folder);
		const [now, twice] = await measureTask(
			engine,
			{
				architecture: await architectureOf((await fetchFromDisk(name, { onProgress() {} })).config),
				checkpoint: await openSafetensors(await sourceFromFile(path))
			},
			task,
			SEED,
			[
				{ test: null, rows: MEASURED.rows },
				{ test: '×2', rows: MEASURED.twice }
			]
		);
		const of = means(await at(folder), is);
		const own = await steps(folder, [ids], layers);
		moments.push({
			step,
			right: round(now.accuracy),
			twice: round(twice.accuracy),
			after: round(of.after),
			elsewhere: round(of.elsewhere),
			delta: packNumbers(column(own[layer], D, channel)),
			answers: await answers(folder, 'selective-copying', line)
		});
		console.error(step, now.accuracy, twice.accuracy, of);
	}
	const last = await steps(LEARNER, scoring, layers);
	return {
		seed: SEED,
		byLag: byLag.map((found, l) =>
			round(separation(column(last[found.layer], D, found.channel), afterLetter(scoring, l)))
		),
		layer,
		channel,
		lag,
		score: round(separation(await at(LEARNER), is)),
		moments
	};
}

const weights: Record<string, string> = {};
const tasks = {} as Record<TaskName, RecordedFailing['tasks'][TaskName]>;
for (const task of TASKS) {
	const models: Record<string, RecordedModel> = {};
	for (const architecture of ARCHITECTURES) {
		const name = `${task}-${architecture}`;
		if (!existsSync(join(MODELS, name, 'card.json'))) continue;
		models[architecture] = await recordModel(task, architecture);
		weights[name] = await weightsHash(name);
		const { scores } = models[architecture];
		console.error(name, scores.map(({ times, right }) => `×${times} ${right}`).join(', '));
	}
	tasks[task] = models;
}
const learning = await recordLearning();
const file: RecordedFailing = {
	made: { by: 'npm run story', with: 'the processor, f32', weights },
	seed: SEED,
	tasks,
	learning
};
session.close();
await writeFile(options.out, JSON.stringify(file) + '\n');
