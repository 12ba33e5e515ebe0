// Phonebook: names of several letters, numbers of several digits; some are asked, after the book, or one before it.
import type { Random } from '../random.ts';
import { expectCounts, Row, TaskError, type Task } from './task.ts';

export interface PhonebookOptions {
	readonly entries: number;
	/** Letters of a name. */
	readonly letters: number;
	/** Digits of a number. */
	readonly digits: number;
	/** The name is said before the book is read. */
	readonly reversed: boolean;
	/** Different names that are asked, one after the other; tests ask one, and so does the reversed book. */
	readonly asks: number;
}

const ASK = 0;
const COLON = 1;
const END = 2;
const DIGIT = 3;
const LETTER = 13;
const LETTERS = 'abcdefghijklmnop';

export function phonebook(options: Partial<PhonebookOptions> = {}): Task {
	const reversed = options.reversed ?? false;
	const whole = { entries: 12, letters: 2, digits: 3, asks: 4, ...options };
	if (reversed) whole.asks = 1;
	const { entries, letters, digits, asks } = whole;
	const name = reversed ? 'phonebook-reversed' : 'phonebook';
	expectCounts(name, { entries, letters, digits, asks });
	const names = LETTERS.length ** letters;
	if (asks > entries)
		throw new TaskError(`${name}: ${asks} questions; there are ${entries} names.`);
	if (entries > names)
		throw new TaskError(`${name}: names of ${letters} letters are ${names}, not ${entries}.`);
	const entry = letters + 1 + digits + 1;
	// A question, its answer but for the last digit; between questions that digit and the end of the entry too.
	const question = letters + 2 + digits - 1;
	const spelled = (index: number) => {
		const name: number[] = [];
		for (let i = 0, left = index; i < letters; i++) {
			name.push(LETTER + (left % LETTERS.length));
			left = Math.floor(left / LETTERS.length);
		}
		return name;
	};
	const length = (reversed ? letters + 1 : 0) + entries * entry + asks * (question + 2) - 2;
	/** A book of some entries; ends of entries stand before it where it is shorter than the row. */
	const rowOf = (random: Random, entries: number) => {
		const who = random.distinct(entries, names).map(spelled);
		const numbers = who.map(() => Array.from({ length: digits }, () => DIGIT + random.below(10)));
		const asked = random.distinct(Math.min(asks, entries), entries);
		const row = new Row();
		const say = (ids: readonly number[]) => ids.forEach((id) => row.put(id));
		if (reversed) say([ASK, ...who[asked[0]]]);
		who.forEach((letters, i) => say([...letters, COLON, ...numbers[i], END]));
		asked.forEach((entry, i) => {
			if (i > 0) say([numbers[asked[i - 1]][digits - 1], END]);
			say([ASK, ...who[entry], COLON]);
			row.answer(numbers[entry]);
		});
		return row.after(length - row.ids.length, END);
	};
	return {
		name,
		description: reversed
			? 'A name is said, then a phone book is read, then the name is said again: give its number. The model knows what to look for while it reads, so a small memory is enough.'
			: 'A phone book is read, then a name is said: give its number, digit by digit. Any entry may be asked, so the whole book must be kept: easy for attention, which looks back, hard for a state of fixed size.',
		source:
			'Jelassi et al. 2024, Repeat After Me; Waleffe et al. 2024, An Empirical Study of Mamba-based Language Models (standard and reversed)',
		vocabSize: LETTER + LETTERS.length,
		length,
		token: (id) =>
			id >= LETTER ? LETTERS[id - LETTER] : id >= DIGIT ? String(id - DIGIT) : ['?', ':', ';'][id],
		tests: [2, 4].map((times) => ({
			name: `${times * entries} entries`,
			task: () => phonebook({ ...whole, asks: 1, entries: times * entries })
		})),
		example: (random) => rowOf(random, entries),
		lesson: (random) => rowOf(random, 1 + random.below(entries))
	};
}
