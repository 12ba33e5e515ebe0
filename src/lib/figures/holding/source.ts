// Where the figure's answers come from: the live session where it runs, the recording until then. Both answer in one shape.
import type { Ask, NextWords, RunRequest, Session, ShareOf, Token } from '#lib/session/types.ts';
import type { Recording } from './recorded.ts';

/** What the strip and the bars show for one place in one run. */
export interface Answer {
	readonly shares: Float32Array;
	/** The likeliest next words of the untouched run. */
	readonly untouched: NextWords;
	/** Probabilities of the same words in the edited run; null where nothing is edited. */
	readonly edited: Float32Array | null;
	/** The likeliest next words of the edited run; null where nothing is edited or none was recorded. */
	readonly instead: NextWords | null;
	readonly milliseconds: number | null;
}

export interface Question {
	readonly request: RunRequest;
	readonly layer: number;
	readonly token: number;
	readonly of: ShareOf;
}

/** How many next words are shown. */
export const TOP = 10;

/** From the recording, at once; null for what it does not hold. */
export function recordedAnswer(
	recording: Recording,
	{ request, layer, token, of }: Question
): Answer | null {
	const { ids, interventions = [] } = request;
	if (ids.length !== recording.tokens.length) return null;
	if (ids.some((id, i) => id !== recording.tokens[i].id)) return null;
	const shares = recording.shares({ layer, token, of }, interventions);
	const untouched = recording.next({ token, top: TOP });
	if (!shares || !untouched) return null;
	if (interventions.length === 0)
		return { shares, untouched, edited: null, instead: null, milliseconds: null };
	const also = untouched.tokens.map(({ id }) => id);
	const edited = recording.next({ token, also }, interventions);
	const instead = recording.next({ token, top: 3 }, interventions);
	return edited && { shares, untouched, edited: edited.probabilities, instead, milliseconds: null };
}

/** From the session. Two questions of one figure on one lane: only the later is answered. */
export async function liveAnswer(
	session: Session,
	{ request, layer, token, of }: Question,
	ask: Ask & { readonly lane: string }
): Promise<Answer> {
	const start = performance.now();
	const lane = (name: string) => ({ ...ask, lane: `${ask.lane} ${name}` });
	const untouchedRun = { ids: request.ids };
	const edits = request.interventions?.length ?? 0;
	const [shares, untouched] = await Promise.all([
		session.shares(request, { layer, token, of }, lane('shares')),
		session.next(untouchedRun, { token, top: TOP }, lane('next'))
	]);
	let edited: Float32Array | null = null;
	let instead: NextWords | null = null;
	if (edits > 0) {
		const also = untouched.tokens.map(({ id }) => id);
		const [same, top] = await Promise.all([
			session.next(request, { token, top: 0, also }, lane('edited')),
			session.next(request, { token, top: 3 }, lane('instead'))
		]);
		edited = same.probabilities;
		instead = top;
	}
	return { shares, untouched, edited, instead, milliseconds: performance.now() - start };
}

/** A word as it stands in a sentence about it: without the space in front. */
export const wordOf = (token: Token | undefined): string =>
	token ? token.text.trim() || token.label : '';
