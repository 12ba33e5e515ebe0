// `npm run story` runs it: what a state of a fixed size holds. How many answers of associative recall are right, by the size of the state
// and the number of pairs, and of phone books, by the order in which book and name come. On the processor; shipped models as they ship.
// With `--sweep DIR`, where `npm run train -- sweep recall` has left its runs, also what came of the other seeds; without, what was
// recorded of them stays.
import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { openEngine } from '#lib/engine/index.ts';
import { bookOf, bookTask } from '#lib/figures/capacity/books.ts';
import { packSaid, saidFrom, taskList } from '#lib/figures/capacity/lists.ts';
import { folderOf, NAMES, PAIRS, ROW, type RecallName } from '#lib/figures/capacity/models.ts';
import {
	ENTRIES,
	ORDERS,
	READERS,
	type RecallRun,
	type RecordedBooks,
	type RecordedCapacity
} from '#lib/figures/capacity/recorded.ts';
import { parseCard } from '#lib/models/checkpoint/card.ts';
import { RECALL_MODELS } from '#lib/training/recipes.ts';
import { recallRun } from '#lib/training/sweeps.ts';
import { associativeRecall } from '#lib/training/tasks/recall.ts';
import type { Task } from '#lib/training/tasks/index.ts';
import { openModelFolder } from './model-folder.ts';
import { nodeSession, weightsHash } from './node-session.ts';
import { rightAnswers } from './right-answers.ts';

const MODELS = 'static/models';
const SEED = 1;
const SEEDS = [1, 2, 3];
/** Names the rows that are measured: no training and no card ever read them. */
const STREAM = 'capacity';
/** Rows at each of PAIRS: 512 answers or more, a thousand where lists are long. */
const ROWS = [256, 128, 96, 64, 64, 32, 32];
const BOOKS = 128;

const { values: options } = parseArgs({
	options: {
		out: { type: 'string', default: 'src/lib/figures/capacity/recorded.json' },
		sweep: { type: 'string' },
		/** Models, as NAMES has them, or folders of readers of books; what was recorded of the others stays. */
		only: { type: 'string', multiple: true, default: [] }
	}
});
const { engine } = await openEngine('cpu');
const session = nodeSession();
const round = (value: number) => Number(value.toPrecision(4));
const before = existsSync(options.out)
	? (JSON.parse(await readFile(options.out, 'utf8')) as RecordedCapacity)
	: undefined;

const rightIn = async (folder: string, task: Task, rows: number) =>
	rightAnswers(engine, await openModelFolder(folder), task, { seed: SEED, stream: STREAM, rows });

const mean = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length;
const share = (row: readonly boolean[]) => mean(row.map(Number));

async function recallOf(folder: string): Promise<Pick<RecallRun, 'right' | 'error'>> {
	const right: number[] = [];
	const error: number[] = [];
	for (const [i, pairs] of PAIRS.entries()) {
		const rows = await rightIn(folder, associativeRecall({ ...ROW, pairs }), ROWS[i]);
		const shares = rows.map(share);
		const all = mean(shares);
		const variance = shares.reduce((sum, one) => sum + (one - all) ** 2, 0) / (rows.length - 1);
		right.push(round(all));
		error.push(round(Math.sqrt(variance / rows.length)));
	}
	return { right, error };
}

async function runsOf(name: RecallName, shipped: number): Promise<RecallRun[]> {
	const model = RECALL_MODELS.find((one) => one.name === folderOf(name));
	if (!model) throw new Error(`No recipe trains ${name}.`);
	const runs: RecallRun[] = [];
	for (const seed of SEEDS) {
		if (seed === shipped) {
			runs.push({ seed, weights: 'f16', ...(await recallOf(join(MODELS, folderOf(name)))) });
			continue;
		}
		const was = before?.runs[name].find((run) => run.seed === seed);
		if (options.sweep !== undefined) {
			const folder = join(options.sweep, recallRun(model, seed));
			runs.push({ seed, weights: 'f32', ...(await recallOf(folder)) });
		} else if (was?.weights === 'f32') runs.push(was);
		else throw new Error(`Seed ${seed} of ${name} was never measured: say where it is, --sweep.`);
	}
	return runs;
}

async function booksOf(folder: string, order: (typeof ORDERS)[number]): Promise<RecordedBooks[]> {
	const all: RecordedBooks[] = [];
	for (const entries of ENTRIES) {
		const task = bookTask(order, entries);
		const rows = await rightIn(join(MODELS, folder), task, BOOKS);
		const counts = rows.map((row) => row.filter(Boolean).length);
		const { ids, at } = bookOf(order, entries, SEED);
		const run = await session.trace({ folder, ids, answers: at });
		all.push({
			entries,
			places: rows[0].map((_, i) => round(mean(rows.map((row) => Number(row[i]))))),
			digits: [0, 1, 2, 3].map((n) => round(mean(counts.map((count) => Number(count === n))))),
			said: saidFrom(run.answers ?? [], task.vocabSize).map(({ id }) => id)
		});
	}
	return all;
}

const cardOf = async (name: string) =>
	parseCard(await readFile(join(MODELS, name, 'card.json'), 'utf8'));
const isAsked = (name: string) => options.only.length === 0 || options.only.includes(name);
const runs: Record<string, readonly RecallRun[]> = { ...before?.runs };
const shipped: Record<string, number> = { ...before?.shipped };
const said: Record<string, readonly string[]> = { ...before?.said };
const weights: Record<string, string> = { ...before?.made.weights };
const bytes: Record<string, number> = { ...before?.made.bytes };
async function note(folder: string) {
	weights[folder] = await weightsHash(folder);
	bytes[folder] = Object.values((await cardOf(folder)).files).reduce(
		(sum, one) => sum + one.bytes,
		0
	);
}
for (const name of NAMES.filter(isAsked)) {
	const folder = folderOf(name);
	await note(folder);
	shipped[name] = (await cardOf(folder)).training.seed ?? NaN;
	runs[name] = await runsOf(name, shipped[name]);
	const answers: string[] = [];
	for (const pairs of PAIRS) {
		const { ids, at } = taskList(pairs, SEED);
		const run = await session.trace({ folder, ids, answers: at });
		answers.push(packSaid(saidFrom(run.answers ?? [], ROW.vocabSize)));
	}
	said[name] = answers;
	console.error(name, runs[name].map(({ right }) => right.join(' ')).join(' | '));
}
const phonebooks: Record<string, Record<string, readonly RecordedBooks[]>> = {};
for (const order of ORDERS) {
	phonebooks[order] = { ...before?.phonebooks[order] };
	for (const reader of READERS) {
		const folder = `${order}-${reader}`;
		if (!isAsked(folder)) continue;
		await note(folder);
		phonebooks[order][reader] = await booksOf(folder, order);
		console.error(
			folder,
			phonebooks[order][reader].map(({ digits }) => digits.join(' ')).join(' | ')
		);
	}
}

const recorded: RecordedCapacity = {
	made: {
		by: 'npm run story',
		with: 'the processor of this site’s engine',
		sweep: 'npm run train -- sweep recall, on an NVIDIA H200',
		weights,
		bytes
	},
	seed: SEED,
	rows: ROWS,
	runs: runs as RecordedCapacity['runs'],
	shipped: shipped as RecordedCapacity['shipped'],
	said: said as RecordedCapacity['said'],
	books: BOOKS,
	phonebooks: phonebooks as RecordedCapacity['phonebooks']
};
await writeFile(options.out, `${JSON.stringify(recorded)}\n`);
process.exit(0);
