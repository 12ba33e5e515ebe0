// Tasks whose answers are known: each isolates one thing that a model must be able to do. An example is a row of tokens, at some of
// which an answer is asked.
import { IGNORE } from '#kernels/cross_entropy/ignore.ts';
import type { Batch, TrainingData } from '../data.ts';
import { Random } from '../random.ts';

/** A row that is being written. */
export class Row {
	readonly ids: number[] = [];
	/** For each token what it should be answered with, `IGNORE` where nothing is asked. */
	readonly targets: number[] = [];

	/** Add a token. */
	put(id: number, target = IGNORE): this {
		this.ids.push(id);
		this.targets.push(target);
		return this;
	}

	/** Let it begin with so many tokens more, where nothing is asked. */
	after(count: number, id: number): this {
		this.ids.unshift(...new Array<number>(count).fill(id));
		this.targets.unshift(...new Array<number>(count).fill(IGNORE));
		return this;
	}

	/** Add an answer that is read as it is given: each of its tokens is asked at the one before. */
	answer(ids: readonly number[]): this {
		ids.forEach((id, i) => {
			this.targets[this.targets.length - 1] = id;
			// The last token is asked and need not be read.
			if (i < ids.length - 1) this.put(id);
		});
		return this;
	}
}

export interface Task {
	readonly name: string;
	/** For a learner: what is shown, what is asked, and what a model needs for it. */
	readonly description: string;
	/** Where the task is from. */
	readonly source: string;
	readonly vocabSize: number;
	/** Tokens of a row. */
	readonly length: number;
	/** One row, of exactly `length` tokens. */
	example(random: Random): Row;
	/** A row to learn from, where some should be easier than those that the task is measured on. */
	lesson?(random: Random): Row;
	/** A token as it is shown. */
	token(id: number): string;
	/** The same task, harder or longer, to be measured on and not trained on. */
	readonly tests: readonly { readonly name: string; readonly task: () => Task }[];
}

/** A task that cannot be set: what was asked and what is possible. */
export class TaskError extends Error {
	override name = 'TaskError';
}

/** Throws a TaskError unless every number is whole and at least `least`. */
export function expectCounts(
	task: string,
	counts: Readonly<Record<string, number>>,
	least = 1
): void {
	for (const [name, value] of Object.entries(counts))
		if (!Number.isSafeInteger(value) || value < least)
			throw new TaskError(
				`${task}: ${name} is ${value}; it must be a whole number of at least ${least}.`
			);
}

/** Rows of a task; each depends on the seed and its place in the run alone. */
export class TaskData implements TrainingData {
	readonly task: Task;
	readonly #seed: number;
	readonly #stream: string;
	readonly #make: (random: Random) => Row;

	/** @param stream `train`, or another name for rows that training never sees */
	constructor(task: Task, seed: number, stream = 'train') {
		this.task = task;
		this.#seed = seed;
		this.#stream = `${task.name} ${stream}`;
		const make = stream === 'train' ? (task.lesson ?? task.example) : task.example;
		this.#make = make.bind(task);
	}

	get vocabSize(): number {
		return this.task.vocabSize;
	}

	get length(): number {
		return this.task.length;
	}

	batch(step: number, rows: number): Batch {
		const { length } = this;
		const ids = new Uint32Array(rows * length);
		const targets = new Uint32Array(rows * length);
		for (let row = 0; row < rows; row++) {
			const made = this.#make(new Random(this.#seed, this.#stream, step * rows + row));
			if (made.ids.length !== length)
				throw new Error(`${this.task.name} made a row of ${made.ids.length}, not ${length}.`);
			ids.set(made.ids, row * length);
			targets.set(made.targets, row * length);
		}
		return { ids, targets };
	}
}
