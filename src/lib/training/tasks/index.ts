// All tasks by name.
import { copying, selectiveCopying } from './copying.ts';
import { counting } from './counting.ts';
import { inductionHeads } from './induction.ts';
import { needle } from './needle.ts';
import { phonebook } from './phonebook.ts';
import { associativeRecall } from './recall.ts';
import { TaskError, type Task } from './task.ts';

export { TaskData, TaskError, type Task } from './task.ts';

/** A task and the options that it takes. */
interface Entry {
	readonly make: (options: Numbers) => Task;
	readonly options: readonly string[];
}

type Numbers = Readonly<Record<string, number>>;

const COPYING = ['context', 'items', 'symbols'];
const PHONEBOOK = ['entries', 'letters', 'digits'];

const TASKS: Readonly<Record<string, Entry>> = {
	copying: { make: copying, options: COPYING },
	'selective-copying': { make: selectiveCopying, options: COPYING },
	'induction-heads': { make: inductionHeads, options: ['length', 'symbols', 'asks'] },
	'associative-recall': {
		make: associativeRecall,
		options: ['length', 'pairs', 'vocabSize', 'power']
	},
	phonebook: { make: phonebook, options: [...PHONEBOOK, 'asks'] },
	'phonebook-reversed': {
		make: (options) => phonebook({ ...options, reversed: true }),
		options: PHONEBOOK
	},
	needle: { make: needle, options: ['length', 'digits', 'symbols', 'depth'] },
	counting: { make: counting, options: ['length', 'modulus'] }
};

export const TASK_NAMES: readonly string[] = Object.keys(TASKS);

/**
 * A task by its name.
 * @param options numbers that the task takes: `length`, `pairs`, `items`, …
 * @throws TaskError for an unknown task or option, or options that it cannot follow
 */
export function taskOf(name: string, options: Numbers = {}): Task {
	if (!Object.hasOwn(TASKS, name))
		throw new TaskError(`There is no task ${name}; there are ${TASK_NAMES.join(', ')}.`);
	const entry = TASKS[name];
	const unknown = Object.keys(options).find((option) => !entry.options.includes(option));
	if (unknown !== undefined)
		throw new TaskError(`${name} has no ${unknown}; it takes ${entry.options.join(', ')}.`);
	return entry.make(options);
}
