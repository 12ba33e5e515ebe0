// Where the figure's answers come from: the live session where it runs, the recording until then. Both answer in one shape, and
// an answer says what it answers, so that ink, bars and cursor always belong to one place of one run.
import type { Ask, Intervention, NextWords, Session, ShareOf, Token } from '#lib/session/types.ts';
import type { Recording } from './recorded.ts';

export interface Question {
	/** Counts the texts that were read. A text that only grew keeps its number: what was asked of its beginning still holds. */
	readonly text: number;
	readonly ids: readonly number[];
	readonly edits: readonly Intervention[];
	readonly layer: number;
	readonly token: number;
	readonly of: ShareOf;
}

/** What the strip and the bars show for one place in one run. */
export interface Answer {
	readonly question: Question;
	readonly source: 'recorded' | 'live';
	readonly shares: Float32Array;
	/** Shares of the untouched run; the same array where nothing is edited. */
	readonly before: Float32Array;
	/** The likeliest next words of the untouched run. */
	readonly untouched: NextWords;
	/** Probabilities of the same words in the edited run; null where nothing is edited. */
	readonly edited: Float32Array | null;
	/** The likeliest next words of the edited run; null where nothing is edited. */
	readonly instead: NextWords | null;
	readonly milliseconds: number | null;
}

/** How many next words are shown. */
export const TOP = 10;
/** How many of an edited run are looked at for new ones. */
const INSTEAD = 3;
/** Kept answers: a text of 1,024 tokens in two layers. */
const MOST_KEPT = 8192;

/** From the recording, at once; null for what it does not hold. */
export function recordedAnswer(recording: Recording, question: Question): Answer | null {
	const { ids, edits, layer, token, of } = question;
	if (ids.length !== recording.tokens.length) return null;
	if (ids.some((id, i) => id !== recording.tokens[i].id)) return null;
	const before = recording.shares({ layer, token, of });
	const untouched = recording.next({ token, top: TOP });
	if (!before || !untouched) return null;
	const same = { question, source: 'recorded', before, untouched, milliseconds: null } as const;
	if (edits.length === 0) return { ...same, shares: before, edited: null, instead: null };
	const shares = recording.shares({ layer, token, of }, edits);
	const also = untouched.tokens.map(({ id }) => id);
	const edited = recording.next({ token, also }, edits);
	const instead = recording.next({ token, top: INSTEAD }, edits);
	return shares && edited && { ...same, shares, edited: edited.probabilities, instead };
}

/** Answers of one session, kept: a place that was seen once is shown again without asking. */
export class LiveAnswers {
	readonly #session: Session;
	readonly #kept = new Map<string, unknown>();

	constructor(session: Session) {
		this.#session = session;
	}

	/** Another device answers from here on. */
	forget(): void {
		this.#kept.clear();
	}

	/** The answer if all of it is kept. */
	known(question: Question): Answer | null {
		const { text, edits, layer, token, of } = question;
		const take = <T>(run: string, what: string) =>
			this.#kept.get(`${text} ${run} ${token} ${what}`) as T | undefined;
		const shareKey = `${of} ${layer}`;
		const before = take<Float32Array>('[]', shareKey);
		const untouched = take<NextWords>('[]', 'next');
		if (!before || !untouched) return null;
		const same = { question, source: 'live', before, untouched, milliseconds: null } as const;
		if (edits.length === 0) return { ...same, shares: before, edited: null, instead: null };
		const run = JSON.stringify(edits);
		const shares = take<Float32Array>(run, shareKey);
		const edited = take<Float32Array>(run, 'edited');
		const instead = take<NextWords>(run, 'next');
		return shares && edited && instead ? { ...same, shares, edited, instead } : null;
	}

	/** Ask for what is not kept. Rejects with an AbortError when called off. */
	async ask(question: Question, ask: Ask): Promise<Answer> {
		const { text, ids, edits, layer, token, of } = question;
		const session = this.#session;
		const start = performance.now();
		const keep = async <T>(run: string, what: string, get: () => Promise<T>): Promise<T> => {
			const key = `${text} ${run} ${token} ${what}`;
			const kept = this.#kept.get(key) as T | undefined;
			if (kept !== undefined) return kept;
			const value = await get();
			if (this.#kept.size >= MOST_KEPT) this.#kept.clear();
			this.#kept.set(key, value);
			return value;
		};
		const query = { layer, token, of };
		const [before, untouched] = await Promise.all([
			keep('[]', `${of} ${layer}`, () => session.shares({ ids }, query, ask)),
			keep('[]', 'next', () => session.next({ ids }, { token, top: TOP }, ask))
		]);
		const milliseconds = () => performance.now() - start;
		const same = { question, source: 'live', before, untouched } as const;
		if (edits.length === 0)
			return { ...same, shares: before, edited: null, instead: null, milliseconds: milliseconds() };
		const request = { ids, interventions: edits };
		const run = JSON.stringify(edits);
		const also = untouched.tokens.map(({ id }) => id);
		const [shares, instead, edited] = await Promise.all([
			keep(run, `${of} ${layer}`, () => session.shares(request, query, ask)),
			keep(run, 'next', () => session.next(request, { token, top: INSTEAD }, ask)),
			keep(run, 'edited', async () => {
				const found = await session.next(request, { token, top: 0, also }, ask);
				return found.probabilities;
			})
		]);
		return { ...same, shares, edited, instead, milliseconds: milliseconds() };
	}
}

/** A word as it stands in a sentence about it: without the space in front. */
export const wordOf = (token: Token | undefined): string =>
	token ? token.text.trim() || token.label : '';

/** A word as it stands in a list of next words: one that would join the word before it says so. */
export const nextWordOf = (token: Token): string =>
	/^[\p{L}\p{N}]/u.test(token.text) ? `…${token.text}` : wordOf(token);
