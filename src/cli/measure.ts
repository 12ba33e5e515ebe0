// Measuring what ships, on the processor, small enough that a whole zoo takes minutes: for each card when it is written, and again
// whenever it is checked.
import type { Engine } from '#lib/engine/index.ts';
import type { Architecture } from '#lib/models/architecture.ts';
import type { CardSetting } from '#lib/models/checkpoint/card.ts';
import type { Safetensors } from '#lib/models/checkpoint/safetensors.ts';
import { LanguageModel } from '#lib/models/model.ts';
import { examplesRead, taskScores, type TestScores } from '#lib/training/evaluation.ts';
import { markovLoss } from '#lib/training/markov.ts';
import { openEvaluation, type Recipe } from '#lib/training/recipe.ts';
import type { Task } from '#lib/training/tasks/index.ts';
import { BASE_VOCABULARY, START } from '#lib/training/tokens.ts';
import { openIds } from './train-run.ts';

/** Longest examples that the processor is asked to read: attention's work grows with the square of their length. */
const LONGEST = 1024;
/** Examples at the setting of training, as the trainer measures it. */
const TRAINING_ROWS = 256;
/** Tokens that a task's tests read together, about, and one of them at most; and examples of one. */
const TEST_TOKENS = { all: 2 ** 17, one: 2 ** 15 };
const TEST_ROWS = { least: 8, most: 128 };

/** A model's parts, from a folder or from what is about to become one. */
export interface Loadable {
	readonly architecture: Architecture;
	readonly checkpoint: Safetensors;
}

/** What a model does at one setting of its task; `test` null is the setting of training. */
export type Setting = Pick<CardSetting, 'test' | 'rows'>;

/** A task as one of its settings has it. Throws an Error for a test that the task does not have. */
export function taskAt(task: Task, test: string | null): Task {
	if (test === null) return task;
	const found = task.tests.find(({ name }) => name === test);
	if (!found) throw new Error(`${task.name} has no test ${test}.`);
	return found.task();
}

/** The settings that the processor measures, that of training first. */
export function settingsOf(task: Task): Setting[] {
	const short = task.tests
		.map(({ name, task: make }) => ({ test: name, length: make().length }))
		.filter(({ length }) => length <= LONGEST);
	const { least, most } = TEST_ROWS;
	const tokens = Math.min(TEST_TOKENS.one, TEST_TOKENS.all / short.length);
	const tests = short.map(({ test, length }) => ({
		test,
		rows: Math.max(least, Math.min(most, Math.floor(tokens / length)))
	}));
	return [{ test: null, rows: TRAINING_ROWS }, ...tests];
}

/** Measure a model at settings of its task. The examples depend on the seed and the setting alone. */
export async function measureTask(
	engine: Engine,
	{ architecture, checkpoint }: Loadable,
	task: Task,
	seed: number,
	settings: readonly Setting[]
): Promise<CardSetting[]> {
	const model = await LanguageModel.load(engine, architecture, checkpoint);
	const measured: CardSetting[] = [];
	try {
		for (const { test, rows } of settings) {
			const at = taskAt(task, test);
			const evaluation = await taskScores(model, at, { seed, rows });
			try {
				const { loss, accuracy, exact } = await evaluation.scores();
				const { length } = at;
				const read = examplesRead(rows, length);
				measured.push({ test, length, rows: read, loss, accuracy, exact, of: 'shipped' });
			} finally {
				evaluation.free();
			}
		}
	} finally {
		model.free();
	}
	return measured;
}

/** What the trainer measured at settings that the processor does not, of the weights as trained. */
export const measuredInTraining = (
	tests: readonly TestScores[],
	measured: readonly CardSetting[]
): CardSetting[] =>
	tests
		.filter(({ test }) => measured.every((setting) => setting.test !== test))
		.map(({ test, length, rows, scores: { loss, accuracy, exact } }) => ({
			...{ test, length, rows: examplesRead(rows, length), loss, accuracy, exact },
			of: 'trained' as const
		}));

/**
 * Held-out loss of a model of texts, in nats a token, as its recipe measures it.
 * @param data folder of the files of ids
 * @throws UsageError where they are not there
 */
export async function measureText(
	engine: Engine,
	{ architecture, checkpoint }: Loadable,
	recipe: Recipe,
	data: string
): Promise<number> {
	const model = await LanguageModel.load(engine, architecture, checkpoint);
	try {
		const { evaluation } = await openEvaluation(model, recipe, (name) => openIds(data, name));
		try {
			return (await evaluation.scores()).loss;
		} finally {
			evaluation.free();
		}
	} finally {
		model.free();
	}
}

/** Orders of Markov models that a model of genomes is held against. */
const ORDERS = [2, 4, 6, 8, 10, 11, 12];

/** What tables lose on the text that a model of genomes is measured on, in nats a base; null for other models. */
export async function markovLosses(
	{ config, data }: Recipe,
	folder: string
): Promise<{ order: number; value: number }[] | null> {
	if (config.vocab_size !== BASE_VOCABULARY || data.kind !== 'text') return null;
	const bases = async (name: string) =>
		// What stands between sequences is left out.
		(await openIds(folder, name)).ids.filter((id) => id !== START).map((id) => id - 1);
	const seen = await bases(data.sources[0].file);
	const heldOut = (await bases(data.heldOut.file)).subarray(-data.heldOut.tokens);
	return ORDERS.map((order) => ({
		order,
		value: markovLoss(seen, heldOut, order, BASE_VOCABULARY - 1)
	}));
}
