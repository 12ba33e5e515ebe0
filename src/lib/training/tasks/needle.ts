// A needle in a haystack: one fact in a long text, asked at the end.
import { expectCounts, Row, TaskError, type Task } from './task.ts';

export interface NeedleOptions {
	/** Tokens of a row. */
	readonly length: number;
	/** Digits of the fact. */
	readonly digits: number;
	/** Different tokens of the hay. */
	readonly symbols: number;
	/** Where the needle lies: 0 at the beginning, 1 just before the question; anywhere if null. */
	readonly depth: number | null;
}

const NEEDLE = 0;
const ASK = 1;
const DIGIT = 2;
const HAY = 12;
const LETTERS = 'abcdefghijklmnopqrstuvwxyz';

export function needle(options: Partial<NeedleOptions> = {}): Task {
	const name = 'needle';
	const whole = { length: 128, digits: 4, symbols: 20, depth: null, ...options };
	const { length, digits, symbols, depth } = whole;
	expectCounts(name, { length, digits, symbols });
	if (depth !== null && !(depth >= 0 && depth <= 1))
		throw new TaskError(`${name}: a depth of ${depth}; it must be from 0 to 1.`);
	// The question and all but the last digit of its answer.
	const room = length - digits;
	const places = room - digits;
	if (places < 1)
		throw new TaskError(
			`${name}: ${digits} digits need rows of ${2 * digits + 1} tokens; there are ${length}.`
		);
	return {
		name,
		description:
			'A long row of letters without meaning, and somewhere in it a mark with a number behind it. At the end the number is asked, digit by digit. One thing must be kept, however long ago it was.',
		source:
			'Kamradt 2023, Needle In A Haystack (github.com/gkamradt/LLMTest_NeedleInAHaystack), with random letters for hay',
		vocabSize: HAY + symbols,
		length,
		token: (id) =>
			id >= HAY
				? (LETTERS[id - HAY] ?? `s${id - HAY}`)
				: id >= DIGIT
					? String(id - DIGIT)
					: ['!', '?'][id],
		tests: [1, 4, 16].flatMap((times) =>
			[0, 0.25, 0.5, 0.75, 1].map((depth) => ({
				name: `×${times}, depth ${depth}`,
				task: () => needle({ ...whole, length: times * length, depth })
			}))
		),
		example(random) {
			const code = Array.from({ length: digits }, () => DIGIT + random.below(10));
			const place = depth === null ? random.below(places) : Math.round(depth * (places - 1));
			const row = new Row();
			for (let t = 0; t < room; t++) {
				const inside = t - place;
				if (inside === 0) row.put(NEEDLE);
				else if (inside > 0 && inside <= digits) row.put(code[inside - 1]);
				else row.put(HAY + random.below(symbols));
			}
			return row.put(ASK).answer(code);
		}
	};
}
