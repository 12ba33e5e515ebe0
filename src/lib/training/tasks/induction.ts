// Induction heads: what came after this token the last time?
import { expectCounts, Row, TaskError, type Task } from './task.ts';

export interface InductionOptions {
	/** Tokens of a row. */
	readonly length: number;
	/** Different tokens besides the special one. */
	readonly symbols: number;
	/** How often the special token comes back at most; the last time it is the row's last token. */
	readonly asks: number;
}

const SPECIAL = 0;
const LETTERS = 'abcdefghijklmnopqrstuvwxyz';

/**
 * Random letters with a special token among them that is followed by the same letter each time. With `asks` above 1 it comes back a
 * random number of times while training, which gives more to learn from in a row; tests ask once, at the end.
 */
export function inductionHeads(options: Partial<InductionOptions> = {}): Task {
	const name = 'induction-heads';
	const whole = { length: 256, symbols: 15, asks: 8, ...options };
	const { length, symbols, asks } = whole;
	expectCounts(name, { asks });
	expectCounts(name, { symbols }, 2);
	if (!Number.isSafeInteger(length) || length < 2 * asks + 2)
		throw new TaskError(
			`${name}: ${asks} questions need rows of ${2 * asks + 2} tokens; there are ${length}.`
		);
	return {
		name,
		description:
			'Random letters, and among them a star. Whatever letter follows the star the first time follows it every time. When the star comes back, say which letter is next. A model must recognise the star, keep the letter behind it, and let all the noise in between pass.',
		source:
			'Olsson et al. 2022, In-context Learning and Induction Heads; Fu et al. 2023, H3; Gu and Dao 2023, Mamba, section 3.1',
		vocabSize: 1 + symbols,
		length,
		token: (id) => (id === SPECIAL ? '★' : (LETTERS[id - 1] ?? `s${id - 1}`)),
		tests: [1, 2, 4, 8, 16, 32, 64].map((times) => ({
			name: `×${times}`,
			task: () => inductionHeads({ ...whole, asks: 1, length: times * length })
		})),
		example(random) {
			const value = 1 + random.below(symbols);
			// Stars stand at even places, so that there is room for the letter behind each.
			const stars = random
				.distinct(1 + random.below(asks), Math.floor((length - 1) / 2))
				.map((i) => 2 * i);
			const first = Math.min(...stars);
			const at = new Set(stars);
			const row = new Row();
			for (let t = 0; t < length - 1; t++)
				if (at.has(t)) {
					row.put(SPECIAL);
					if (t !== first) row.answer([value]);
				} else row.put(at.has(t - 1) ? value : 1 + random.below(symbols));
			return row.put(SPECIAL).answer([value]);
		}
	};
}
