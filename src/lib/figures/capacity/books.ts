// A phone book as the models read it, in two orders, and the number that is asked, digit by digit.
import { Random } from '#lib/training/random.ts';
import { phonebook } from '#lib/training/tasks/phonebook.ts';
import type { Task } from '#lib/training/tasks/task.ts';
import type { Order } from './recorded.ts';

export const DIGITS = 3;
const LETTERS = 2;

/** One name is asked. */
export const bookTask = (order: Order, entries: number): Task =>
	phonebook({ entries, asks: 1, reversed: order === 'phonebook-reversed' });

export interface Book {
	readonly ids: readonly number[];
	/** Tokens after which a digit is due. */
	readonly at: readonly number[];
	/** The digits, as ids. */
	readonly want: readonly number[];
	readonly entries: readonly { readonly name: string; readonly number: string }[];
	/** Which entry is asked. */
	readonly asked: number;
}

/** A book of the task. The same seed gives the same book. */
export function bookOf(order: Order, entries: number, seed: number): Book {
	const task = bookTask(order, entries);
	const row = task.example(new Random(seed, `reader ${order}`, entries));
	const text = row.ids.map((id) => task.token(id));
	const at = row.targets.flatMap((target, t) => (target < task.vocabSize ? [t] : []));
	const first = order === 'phonebook-reversed' ? LETTERS + 1 : 0;
	const entry = LETTERS + 1 + DIGITS + 1;
	const all = Array.from({ length: entries }, (_, i) => {
		const from = first + i * entry;
		return {
			name: text.slice(from, from + LETTERS).join(''),
			number: text.slice(from + LETTERS + 1, from + LETTERS + 1 + DIGITS).join('')
		};
	});
	const name = text.slice(at[0] - LETTERS, at[0]).join('');
	return {
		ids: row.ids,
		at,
		want: at.map((t) => row.targets[t]),
		entries: all,
		asked: all.findIndex((one) => one.name === name)
	};
}

const task = bookTask('phonebook', 1);
export const vocabSize = task.vocabSize;
/** A token as it is shown. */
export const bookText = (id: number): string => task.token(id);
