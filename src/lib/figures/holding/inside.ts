// What "the state itself" shows: one layer after one token, from the session or, where it does not run yet, the recording.
import type { Ask, HalfLives, Intervention, Session, StateSlice } from '#lib/session/types.ts';
import type { Recording } from './recorded.ts';

/** Channels in the first view. */
export const MOST_WRITTEN = 24;

export interface InsideQuestion {
	readonly text: number;
	readonly ids: readonly number[];
	readonly edits: readonly Intervention[];
	readonly layer: number;
	readonly token: number;
	readonly view: 'top' | 'all';
}

export interface Inside {
	readonly question: InsideQuestion;
	readonly slice: StateSlice;
	/** Of the channels of `slice`, in its order: (channels, N). */
	readonly lives: HalfLives;
}

/** At once; null for what was not recorded. */
export function recordedInside(recording: Recording, question: InsideQuestion): Inside | null {
	const { ids, edits, layer, token, view } = question;
	const isRecorded =
		edits.length === 0 &&
		view === 'top' &&
		ids.length === recording.tokens.length &&
		ids.every((id, i) => id === recording.tokens[i].id);
	if (!isRecorded) return null;
	const slice = recording.state({ layer, token, channels: MOST_WRITTEN });
	const lives = recording.halfLives({ layer, token });
	return slice && lives && { question, slice, lives };
}

/** Half-lives belong to a whole text and layer, not to a place in it: those of the present ones are kept. */
export class LiveInside {
	readonly #session: Session;
	#kept: { readonly key: string; readonly lives: HalfLives } | null = null;

	constructor(session: Session) {
		this.#session = session;
	}

	async ask(question: InsideQuestion, ask: Ask): Promise<Inside> {
		const { text, ids, edits, layer, token, view } = question;
		const request = { ids, interventions: edits };
		const key = JSON.stringify([text, ids.length, edits, layer]);
		const channels = view === 'all' ? ('all' as const) : MOST_WRITTEN;
		const kept = this.#kept?.key === key ? this.#kept.lives : null;
		const [slice, lives] = await Promise.all([
			this.#session.state(request, { layer, token, channels }, ask),
			kept ?? this.#session.halfLives(request, { layer }, ask)
		]);
		this.#kept = { key, lives };
		return { question, slice, lives: ofChannels(lives, slice.channels) };
	}
}

/** The rows of some channels, in the order of `channels`. */
export function ofChannels(all: HalfLives, channels: ArrayLike<number>): HalfLives {
	const rows = (of: Float32Array) => rowsOf(of, all.states, Array.from(channels));
	return {
		typical: rows(all.typical),
		shortest: rows(all.shortest),
		longest: rows(all.longest),
		channels: channels.length,
		states: all.states
	};
}

/** The named rows of a matrix with `width` columns, one after the other. */
export function rowsOf(matrix: Float32Array, width: number, rows: readonly number[]): Float32Array {
	const cut = new Float32Array(rows.length * width);
	rows.forEach((row, to) => cut.set(matrix.subarray(row * width, (row + 1) * width), to * width));
	return cut;
}

/** (L, N) turned so that states go down and tokens across: (N, L). */
export function turned(history: Float32Array, states: number): Float32Array {
	const length = history.length / states;
	const values = new Float32Array(history.length);
	for (let t = 0; t < length; t++)
		for (let n = 0; n < states; n++) values[n * length + t] = history[t * states + n];
	return values;
}

export type Order = 'write' | 'longest' | 'shortest';

/** Rows of a slice in the order shown: by what is written to each, or by the longest half-life among its states. */
export function orderRows({ slice, lives }: Inside, by: Order): number[] {
	const rows = Array.from(slice.channels.keys());
	const longest = rows.map((row) =>
		lives.typical
			.subarray(row * lives.states, (row + 1) * lives.states)
			.reduce((a, b) => Math.max(a, b), 0)
	);
	const key = (row: number) =>
		by === 'write' ? -slice.write[row] : by === 'longest' ? -longest[row] : longest[row];
	return rows.sort((a, b) => key(a) - key(b) || a - b);
}
