// Copying after a pause, with fixed or random spacing.
import type { Random } from '../random.ts';
import { expectCounts, Row, TaskError, type Task } from './task.ts';

export interface CopyingOptions {
	/** Tokens among which the items stand. */
	readonly context: number;
	/** Items to remember. */
	readonly items: number;
	/** Different items. */
	readonly symbols: number;
}

const BLANK = 0;
const MARK = 1;
const FIRST = 2;
const LETTERS = 'abcdefghijklmnopqrstuvwxyz';

const token = (id: number): string => ['·', '?'][id] ?? LETTERS[id - FIRST] ?? `s${id - FIRST}`;

/** Items at the places that `places` picks, blanks elsewhere, then a question mark for each item in turn. */
function copyTask(
	name: string,
	options: CopyingOptions,
	places: (random: Random) => readonly number[],
	text: Pick<Task, 'description' | 'source'>,
	tests: Task['tests']
): Task {
	const { context, items, symbols } = options;
	expectCounts(name, { context, items });
	expectCounts(name, { symbols }, 2);
	if (items > context)
		throw new TaskError(`${name}: ${items} items do not fit into ${context} tokens.`);
	return {
		name,
		...text,
		vocabSize: FIRST + symbols,
		length: context + items,
		token,
		tests,
		example(random) {
			const at = places(random);
			const shown = new Array<number>(context).fill(BLANK);
			for (const place of at) shown[place] = FIRST + random.below(symbols);
			const row = new Row();
			for (const id of shown) row.put(id);
			for (const place of at) row.put(MARK, shown[place]);
			return row;
		}
	};
}

/** The same task over a longer time. */
const longer = (
	whole: CopyingOptions,
	task: (options: Partial<CopyingOptions>) => Task
): Task['tests'] =>
	[2, 4].map((times) => ({
		name: `×${times}`,
		task: () => task({ ...whole, context: times * whole.context })
	}));

/** Items stand side by side at the beginning: every item is asked the same number of tokens after it was shown. */
export function copying(options: Partial<CopyingOptions> = {}): Task {
	const whole = { context: 64, items: 8, symbols: 14, ...options };
	return copyTask(
		'copying',
		whole,
		() => Array.from({ length: whole.items }, (_, i) => i),
		{
			description:
				'Some letters come first, then a pause, then as many question marks: answer each with the letter in its place. The time from a letter to its question is always the same, so a fixed memory that only knows how long ago something was will do.',
			source:
				'Arjovsky, Shah and Bengio 2016, Unitary Evolution Recurrent Neural Networks, section 4.1'
		},
		longer(whole, copying)
	);
}

/** Items stand at random places: which tokens matter is known from what they are, not from where they are. */
export function selectiveCopying(options: Partial<CopyingOptions> = {}): Task {
	const whole = { context: 64, items: 8, symbols: 14, ...options };
	return copyTask(
		'selective-copying',
		whole,
		(random) => random.distinct(whole.items, whole.context).sort((a, b) => a - b),
		{
			description:
				'Letters are strewn among blanks, then come question marks: answer them with the letters in order. The pauses between letters differ each time, so a model must look at what a token is to decide whether to write it down: it must be selective.',
			source:
				'Jing et al. 2019, Gated Orthogonal Recurrent Units; Gu and Dao 2023, Mamba, section 3.1'
		},
		longer(whole, selectiveCopying)
	);
}
