// A row of a task as a page shows it.
import { Random } from '#lib/training/random.ts';
import { taskOf } from '#lib/training/tasks/index.ts';

/** A token, and what it should be answered with. */
export interface ExampleCell {
	readonly token: string;
	readonly answer: string | null;
}

export function exampleOf(
	name: string,
	options: Readonly<Record<string, number>>,
	seed: number
): ExampleCell[] {
	const task = taskOf(name, options);
	const { ids, targets } = task.example(new Random(seed, `${name} shown`));
	return ids.map((id, i) => ({
		token: task.token(id),
		answer: targets[i] < task.vocabSize ? task.token(targets[i]) : null
	}));
}
