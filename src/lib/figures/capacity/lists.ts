// Lists of pairs, the task's or the reader's own, as rows that the models read; and what was answered.
import { Random } from '#lib/training/random.ts';
import { associativeRecall, recallRow } from '#lib/training/tasks/recall.ts';
import type { Row } from '#lib/training/tasks/task.ts';
import { pack, unpack } from '../pack.ts';
import { ROW } from './models.ts';

/** Keys are syllables and values numbers: names that are ours, the models know ids. Key 0 is never used, as in Zoology. */
const CONSONANTS = 'bdfghklmnprst';
const VOWELS = 'aeiou';
const VALUES = ROW.vocabSize / 2;
const SYLLABLES = [...CONSONANTS].flatMap((c) => [...VOWELS].map((v) => c + v));
/** Different keys that there are. */
export const KEYS = VALUES - 1;
const keyIds = new Map(SYLLABLES.slice(0, KEYS).map((text, i) => [text, i + 1]));

/** A token as it is shown. */
export const tokenText = (id: number): string =>
	id >= VALUES ? String(id - VALUES) : id > 0 ? SYLLABLES[id - 1] : '·';

/** Pairs that a row has room for. */
export const MOST_PAIRS = 32;
/** Characters of a list of the reader's own. */
export const MOST_TEXT = 320;

export interface Pair {
	/** Ids. */
	readonly key: number;
	readonly value: number;
}

export interface List {
	readonly pairs: readonly Pair[];
	readonly ids: readonly number[];
	/** For each pair, the token after which its value is due. */
	readonly at: readonly number[];
}

function listFrom(row: Row, count: number): List {
	const pairs = Array.from({ length: count }, (_, i) => ({
		key: row.ids[2 * i],
		value: row.ids[2 * i + 1]
	}));
	// A key may also come by chance among the random tokens; it is asked where an answer is due.
	const at = pairs.map(({ key, value }) =>
		row.ids.findIndex((id, t) => id === key && row.targets[t] === value)
	);
	return { pairs, ids: row.ids, at };
}

/** One of the task's own lists. The same seed gives the same list. */
export const taskList = (count: number, seed: number): List =>
	listFrom(
		associativeRecall({ ...ROW, pairs: count }).example(new Random(seed, 'reader recall', count)),
		count
	);

/** What was typed, `ba 17, ke 3`, as a list. What is no pair, and a key that was there before, is left out. */
export function readList(text: string, seed: number): List {
	const pairs = new Map<number, number>();
	for (const [, key, value] of text.toLowerCase().matchAll(/([a-z]+)\W*?(\d+)/g)) {
		const id = keyIds.get(key);
		if (id === undefined || Number(value) >= VALUES || pairs.has(id)) continue;
		if (pairs.size < MOST_PAIRS) pairs.set(id, Number(value) + VALUES);
	}
	const random = new Random(seed, 'reader recall own', pairs.size);
	return listFrom(recallRow(random, [...pairs.keys()], [...pairs.values()], ROW), pairs.size);
}

/** A list as it can be typed. */
export const writeList = ({ pairs }: List): string =>
	pairs.map(({ key, value }) => `${tokenText(key)} ${tokenText(value)}`).join(', ');

/** What a model said, and how likely it held that to be. */
export interface Said {
	readonly id: number;
	readonly p: number;
}

/** The likeliest token at each question, from distributions (questions, vocabulary). */
export function saidFrom(distributions: ArrayLike<number>, vocabSize: number): Said[] {
	return Array.from({ length: distributions.length / vocabSize }, (_, i) => {
		let best = 0;
		const p = (id: number) => distributions[i * vocabSize + id];
		for (let id = 1; id < vocabSize; id++) if (p(id) > p(best)) best = id;
		return { id: best, p: p(best) };
	});
}

/** Answers as a recording keeps them: two digits for the token, two for its chance in thousandths. */
export const packSaid = (all: readonly Said[]): string =>
	pack(
		all.flatMap(({ id, p }) => [id, Math.round(1000 * p)]),
		2
	);

export function unpackSaid(text: string): Said[] {
	const numbers = unpack(text, 2);
	return Array.from({ length: numbers.length / 2 }, (_, i) => ({
		id: numbers[2 * i],
		p: numbers[2 * i + 1] / 1000
	}));
}

/** Of `pairs` answers, how many are right. */
export const rightOf = ({ pairs }: List, said: readonly Said[]): number =>
	pairs.filter(({ value }, i) => said[i]?.id === value).length;

/** log2 of n!. */
const logFactorial = (n: number): number => {
	let sum = 0;
	for (let k = 2; k <= n; k++) sum += Math.log2(k);
	return sum;
};

/** Bits that tell a list of `count` pairs from every other: which keys, and which different value each has. */
export const listBits = (count: number): number =>
	logFactorial(KEYS) -
	logFactorial(count) -
	logFactorial(KEYS - count) +
	logFactorial(VALUES) -
	logFactorial(VALUES - count);
