// What is measured while a model trains. An evaluation keeps its plan, so that it can run as often as it is asked.
import { IGNORE } from '#kernels/cross_entropy/index.ts';
import { crossEntropy } from '#lib/models/loss.ts';
import type { LanguageModel } from '#lib/models/model.ts';
import type { Scores } from './data.ts';
import { TaskData, type Task } from './tasks/index.ts';
import type { Ids } from './tokens.ts';

export interface Evaluation {
	scores(signal?: AbortSignal): Promise<Scores>;
	free(): void;
}

/** Rows of a held-out text that are read at a time, at most. */
const ROWS = 16;
/** Tokens of a task's rows that are read at a time, at most; a row is never cut. */
const TOKENS = 16_384;
/** Tokens that one test of a task reads, about; and examples of it. */
const TEST_TOKENS = 2 ** 18;
const TEST_ROWS = { least: 8, most: 256 };

/**
 * The mean loss, in nats a token, of a text that was held out, cut into windows of `length` tokens side by side, each read from an empty
 * state. What is left at the end and fills no window is left out.
 * @throws RangeError for a text that fills no window
 */
export async function heldOutLoss(
	model: LanguageModel,
	ids: Ids,
	length: number
): Promise<Evaluation> {
	const { engine } = model;
	const windows = Math.floor((ids.length - 1) / length);
	if (windows < 1)
		throw new RangeError(`${ids.length} held-out tokens do not fill a window of ${length}.`);
	const rows = Math.min(ROWS, windows);
	const inputs = engine.tensor([rows, length], { dtype: 'u32', label: 'held-out ids' });
	const targets = engine.tensor([rows, length], { dtype: 'u32', label: 'held-out targets' });
	const release = () => {
		engine.free(inputs);
		engine.free(targets);
	};
	const plan = await engine
		.plan((plan) => plan.keep(model.loss(plan, { ids: inputs, targets, head: 'chunked' })), {
			label: `held-out loss of ${rows} × ${length}`
		})
		.catch((error: unknown) => {
			release();
			throw error;
		});
	return {
		async scores(signal) {
			let sum = 0;
			for (let first = 0; first < windows; first += rows) {
				const here = Math.min(rows, windows - first);
				const part = new Uint32Array(rows * length);
				const next = new Uint32Array(rows * length).fill(IGNORE);
				const [from, to] = [first * length, (first + here) * length];
				part.set(ids.subarray(from, to));
				next.set(ids.subarray(from + 1, to + 1));
				engine.write(inputs, part);
				engine.write(targets, next);
				await plan.run(1, signal);
				sum += here * (await engine.read(plan.result))[0];
			}
			return { loss: sum / windows };
		},
		free() {
			plan.destroy();
			release();
		}
	};
}

export interface TaskEvaluationOptions {
	/** Examples; 256 unless told. */
	readonly rows?: number;
	readonly seed: number;
	/** Another name has other examples. Training's is `train`. */
	readonly stream?: string;
}

/** Rows that are read at a time where `rows` are asked for. */
const rowsAtOnce = (rows: number, length: number): number =>
	Math.max(1, Math.min(rows, Math.floor(TOKENS / length)));

/** How many examples an evaluation of `rows` reads: the last time it reads as many at once as before, so there may be more. */
export function examplesRead(rows: number, length: number): number {
	const atOnce = rowsAtOnce(rows, length);
	return Math.ceil(rows / atOnce) * atOnce;
}

/**
 * How a model does at a task, on examples that training never sees: `accuracy`, the share of answers that are right (the likeliest
 * token is the answer), `exact`, the share of examples without a wrong one, and the mean `loss` of the answers in nats.
 */
export async function taskScores(
	model: LanguageModel,
	task: Task,
	{ rows = 256, seed, stream = 'test' }: TaskEvaluationOptions
): Promise<Evaluation> {
	const { engine } = model;
	const { length } = task;
	const vocabSize = model.config.vocabSize;
	const atOnce = rowsAtOnce(rows, length);
	const data = new TaskData(task, seed, stream);
	const batches = Array.from({ length: Math.ceil(rows / atOnce) }, (_, i) => {
		const { ids, targets } = data.batch(i, atOnce);
		const places = [...targets.keys()].filter((at) => targets[at] !== IGNORE);
		return { ids, targets, places };
	});
	const most = Math.max(...batches.map(({ places }) => places.length));
	const ids = engine.tensor([atOnce, length], { dtype: 'u32', label: 'examples' });
	const asked = engine.tensor([1, most], { dtype: 'u32', label: 'answers' });
	const release = () => {
		engine.free(ids);
		engine.free(asked);
	};
	const plan = await engine
		.plan((plan) => plan.keep(model.logits(plan, ids, asked)), { label: `${task.name} test` })
		.catch((error: unknown) => {
			release();
			throw error;
		});
	return {
		async scores(signal) {
			let [answers, right, loss, exact] = [0, 0, 0, 0];
			for (const batch of batches) {
				const at = new Uint32Array(most);
				at.set(batch.places);
				engine.write(ids, batch.ids);
				engine.write(asked, at);
				await plan.run(1, signal);
				const logits = (await engine.read(plan.result)) as Float32Array;
				const wrong = new Set<number>();
				batch.places.forEach((place, i) => {
					const row = logits.subarray(i * vocabSize, (i + 1) * vocabSize);
					const target = batch.targets[place];
					loss += crossEntropy(row, target);
					if (likeliest(row) === target) right++;
					else wrong.add(Math.floor(place / length));
				});
				answers += batch.places.length;
				exact += atOnce - wrong.size;
			}
			return {
				loss: loss / answers,
				accuracy: right / answers,
				exact: exact / (batches.length * atOnce)
			};
		},
		free() {
			plan.destroy();
			release();
		}
	};
}

/** What one of a task's tests gave. */
export interface TestScores {
	readonly test: string;
	/** Tokens of an example. */
	readonly length: number;
	readonly rows: number;
	readonly scores: Scores;
}

/** How a model does at the task's own harder and longer tests. */
export async function testScores(
	model: LanguageModel,
	task: Task,
	seed: number
): Promise<TestScores[]> {
	const all: TestScores[] = [];
	for (const { name, task: make } of task.tests) {
		const harder = make();
		const { least, most } = TEST_ROWS;
		const rows = Math.max(least, Math.min(most, Math.floor(TEST_TOKENS / harder.length)));
		const evaluation = await taskScores(model, harder, { seed, rows });
		try {
			all.push({ test: name, length: harder.length, rows, scores: await evaluation.scores() });
		} finally {
			evaluation.free();
		}
	}
	return all;
}

const likeliest = (logits: Float32Array): number =>
	logits.reduce((best, v, id) => (v > logits[best] ? id : best), 0);
