// Multi-query associative recall: pairs of a key and a value, then keys again.
import { exp, log, type Random } from '../random.ts';
import { expectCounts, Row, TaskError, type Task } from './task.ts';

export interface RecallOptions {
	/** Tokens of a row. */
	readonly length: number;
	/** Pairs to remember; each is asked once. */
	readonly pairs: number;
	/** Half of the tokens are keys, half are values. */
	readonly vocabSize: number;
	/** a of the power law: the gap g before a question has a weight of g^(a − 1). */
	readonly power: number;
}

/** As Zoology sets it: token 0 is never a key, and what stands between questions is random. */
export function associativeRecall(options: Partial<RecallOptions> = {}): Task {
	const name = 'associative-recall';
	const whole = { length: 64, pairs: 4, vocabSize: 256, power: 0.01, ...options };
	const { length, pairs, vocabSize } = whole;
	expectCounts(name, { length, pairs, vocabSize });
	const values = Math.floor(vocabSize / 2);
	const space = Math.floor((length - 2 * pairs) / 2);
	if (space < pairs)
		throw new TaskError(
			`${name}: ${pairs} pairs and their questions need ${4 * pairs} tokens; there are ${length}.`
		);
	if (values - 1 < pairs)
		throw new TaskError(`${name}: ${vocabSize} tokens do not give ${pairs} keys.`);
	const rowOf = (random: Random, pairs: number) => {
		const keys = random.distinct(pairs, values - 1).map((key) => key + 1);
		const answers = random.distinct(pairs, vocabSize - values).map((value) => value + values);
		return recallRow(random, keys, answers, whole);
	};
	return {
		name,
		description:
			'A list of pairs, a key and its value. Later the keys come back, among random tokens, one by one: answer each with its value. Many things must be kept at once, so it shows how much a state of a given size can hold.',
		source:
			'Arora et al. 2023, Zoology: Measuring and Improving Recall in Efficient Language Models, and its code (multiquery_ar.py)',
		vocabSize,
		length,
		token: (id) => (id < values ? `k${id}` : `v${id - values}`),
		tests: [2, 4]
			.filter((times) => values - 1 >= times * pairs)
			.map((times) => ({
				name: `${times * pairs} pairs`,
				task: () => associativeRecall({ ...whole, pairs: times * pairs, length: times * length })
			})),
		example: (random) => rowOf(random, pairs),
		// Zoology mixes lists of several lengths too: the short ones are understood first.
		lesson: (random) => rowOf(random, 1 + random.below(pairs))
	};
}

/** A row of given pairs: the list, then each key once more, at random places among random tokens, with its value as the answer. */
export function recallRow(
	random: Random,
	keys: readonly number[],
	answers: readonly number[],
	{ length, vocabSize, power = 0.01 }: Omit<RecallOptions, 'pairs' | 'power'> & { power?: number }
): Row {
	const pairs = keys.length;
	const row = new Row();
	keys.forEach((key, i) => row.put(key).put(answers[i]));
	const gaps = Array.from({ length: Math.floor((length - 2 * pairs) / 2) }, (_, i) =>
		exp((power - 1) * log(i + 1))
	);
	const asked = new Map(weighted(random, gaps, pairs).map((gap, i) => [2 * gap, i]));
	for (let t = 0; t < length - 2 * pairs; t++) {
		const i = asked.get(t);
		if (i === undefined) row.put(random.below(vocabSize));
		else row.put(keys[i], answers[i]);
	}
	return row;
}

/** `count` different places, one after the other by their weights. */
function weighted(random: Random, weights: readonly number[], count: number): number[] {
	const left = [...weights];
	let total = 0;
	for (const weight of left) total += weight;
	const places: number[] = [];
	while (places.length < count) {
		let mark = random.uniform() * total;
		// Rounding may leave a crumb behind the last one, which then is taken.
		let place = 0;
		for (let i = 0; i < left.length && mark >= 0; i++) {
			if (left[i] === 0) continue;
			place = i;
			mark -= left[i];
		}
		total -= left[place];
		left[place] = 0;
		places.push(place);
	}
	return places;
}
