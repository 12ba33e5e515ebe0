// What the figure shows now. The reader's choices are state; the question follows from them; answers are replaced whole when
// they come.
import { isAbort, SessionError } from '#lib/session/failures.ts';
import type {
	Check,
	Intervention,
	RunRequest,
	Sampling,
	Session,
	SessionFailure,
	SessionStatus,
	ShareOf,
	Token
} from '#lib/session/types.ts';
import { Latest } from '../latest.ts';
import { examples, type Example } from './examples.ts';
import recordedFile from './recorded.json';
import { openRecording, type RecordedFile } from './recorded.ts';
import { LiveAnswers, recordedAnswer, wordOf, type Answer, type Question } from './source.ts';
import { readPlace, writePlace } from './url.ts';

export const recording = openRecording(recordedFile as unknown as RecordedFile);

const LEAD = examples[0];
/** The name in the lead example, which readers may replace by their own. */
const LEAD_NAME = wordOf(recording.tokens[LEAD.token]);
const DEFAULT_SAMPLING: Sampling = { temperature: 0.8, topK: 40, topP: 0.95, seed: 1 };
/** The longest text that is read; what comes before its last tokens is left out, and the page says so. */
export const MOST_TOKENS = 1024;
/** In texts up to this long, the places around the present one are asked for before the reader goes there. */
const MOST_AHEAD = 256;
/** Milliseconds of rest before they are. */
const AHEAD_AFTER = 120;

interface Erasure {
	readonly layer: number;
	readonly token: number;
}

/** What erasing one token does in each layer: the probability of the word that was likeliest, null where not known. */
export interface Effects {
	readonly word: Token;
	readonly before: number;
	readonly after: readonly (number | null)[];
}

/** How the model's writing ended: all that was asked for, or stopped by the reader. */
export type Ending = 'done' | 'stopped';

let figures = 0;

export class HoldingState {
	/** The text that is being read. */
	tokens = $state.raw<readonly Token[]>(recording.tokens);
	/** The example it came from, or null for the reader's own. */
	example = $state.raw<Example | null>(LEAD);
	/** Where the model's own words begin. */
	written = $state<number | null>(null);
	layer = $state(LEAD.layer);
	/** The present token: everything up to it has been read. */
	token = $state(recording.tokens.length - 1);
	/** The earlier token that is being looked at. */
	selected = $state(LEAD.token);
	of = $state<ShareOf>('read-out');
	erased = $state.raw<readonly Erasure[]>([]);
	open = $state(false);
	cell = $state.raw<{ channel: number; state: number } | null>(null);
	sampling = $state.raw<Sampling>(DEFAULT_SAMPLING);

	status = $state.raw<SessionStatus>({ phase: 'idle' });
	answer = $state.raw<Answer>(firstAnswer());
	/** What an answer took, of those that were asked for since the model was warm. */
	milliseconds = $state<number | null>(null);
	/** The recording has no answer to what is asked; the one before stays. */
	missing = $state(false);
	/** An answer is on its way. */
	asking = $state(false);
	/** A question failed; the last answer stays. */
	failure = $state.raw<SessionFailure | null>(null);
	check = $state.raw<Check | 'running' | null>(null);
	writing = $state(false);
	/** How the last writing ended; null before, or where the text has changed since. */
	ending = $state<Ending | null>(null);
	measured = $state.raw<{ readonly key: string; readonly effects: Effects } | null>(null);
	measuring = $state(false);
	/** Tokens of a text that was too long, before it was cut. */
	cutFrom = $state<number | null>(null);
	/** A link came from elsewhere and could not be restored whole. */
	damagedLink = $state(false);

	readonly lane = `holding ${++figures}`;
	session = $state.raw<Session | null>(null);
	/** On screen, or nearly. */
	awake = $state(true);
	/** Counts the texts; see Question. */
	text = $state(0);
	/** In a text of the reader's own, the word with the largest share is chosen when the shares are known. */
	#choosesLargest = false;
	#live: LiveAnswers | null = null;
	#writer: AbortController | null = null;
	#ahead: AbortController | null = null;
	#engaged = false;
	#warm = false;
	#plan: ReturnType<typeof setTimeout> | undefined;
	#latest = new Latest<Question, Answer>({
		answer: (question, signal) => this.#ask(question, signal),
		deliver: (answer) => this.#deliver(answer),
		fail: (error) => this.#fail(error),
		overtakes: (later, earlier) => later.text !== earlier.text,
		onBusy: (busy) => (this.asking = busy)
	});

	ids = $derived(this.tokens.map(({ id }) => id));
	interventions = $derived(
		[...this.erased]
			.sort((a, b) => a.layer - b.layer || a.token - b.token)
			.map(({ layer, token }): Intervention => ({ kind: 'erase', layer, token }))
	);
	request = $derived<RunRequest>({ ids: this.ids, interventions: this.interventions });
	question = $derived<Question>({
		text: this.text,
		ids: this.ids,
		edits: this.interventions,
		layer: this.layer,
		token: this.token,
		of: this.of
	});
	ready = $derived(this.status.phase === 'ready');
	lastToken = $derived(this.tokens.length - 1);
	/** The answer belongs to this text, not to the one before. */
	isFresh = $derived(this.answer.question.text === this.text);
	/** The token that the answer is about. */
	at = $derived(this.isFresh ? this.answer.question.token : -1);
	/** Shares of tokens 0 … `at`. */
	shares = $derived(this.isFresh ? this.answer.shares : new Float32Array());
	/** The blackest ink: the largest share of the untouched run, so that erasing one word does not darken the others. */
	largest = $derived(this.isFresh ? this.answer.before.reduce((a, b) => Math.max(a, b), 0) : 0);
	isErased = $derived(
		this.erased.some(({ layer, token }) => layer === this.layer && token === this.selected)
	);
	/** What erasing the selected word does in each layer, where that is known. */
	effects = $derived.by((): Effects | null => {
		if (this.measured?.key === this.#effectsKey()) return this.measured.effects;
		const isLead = this.example === LEAD && this.written === null;
		return isLead && this.token === this.lastToken ? recordedEffects(this.selected) : null;
	});

	/** Connect to a session; returns the disconnection. */
	connect(session: Session): () => void {
		this.session = session;
		this.#live = new LiveAnswers(session);
		const disconnect = session.subscribe((status) => {
			const { status: before } = this;
			if (status.phase === 'ready' && before.phase !== 'ready') this.#live?.forget();
			this.status = status;
			if (status.phase === 'failed') this.failure = status.error;
			else if (status.phase === 'ready') this.failure = null;
		});
		return () => {
			disconnect();
			clearTimeout(this.#plan);
			this.#latest.stop();
			this.#ahead?.abort();
			this.#writer?.abort();
		};
	}

	/** The reader has taken hold of the figure: from now on the places around the present one are asked for ahead. */
	engage(): void {
		if (this.#engaged) return;
		this.#engaged = true;
		this.#planAhead();
	}

	#planAhead(): void {
		clearTimeout(this.#plan);
		if (this.#engaged && this.ready) this.#plan = setTimeout(() => this.#lookAhead(), AHEAD_AFTER);
	}

	/** Ask for what is to be shown; called when any of it changes. */
	refresh(): void {
		const { question } = this;
		this.#ahead?.abort();
		if (!this.ready) {
			const answer = recordedAnswer(recording, question);
			this.missing = answer === null;
			if (answer) this.#deliver(answer);
			return;
		}
		this.missing = false;
		const known = this.#live?.known(question);
		if (known) {
			this.#latest.stop();
			this.#deliver(known);
		} else if (!this.writing) this.#latest.ask(question);
	}

	#ask(question: Question, signal: AbortSignal): Answer | Promise<Answer> {
		const live = this.#live;
		if (!live) throw new Error('No session is connected.');
		return live.known(question) ?? live.ask(question, { signal });
	}

	#deliver(answer: Answer): void {
		this.answer = answer;
		this.#planAhead();
		if (answer.source === 'live') {
			this.failure = null;
			if (this.#warm && answer.milliseconds !== null) this.milliseconds = answer.milliseconds;
			this.#warm = true;
		}
		if (!this.#choosesLargest || answer.question.text !== this.text) return;
		this.#choosesLargest = false;
		const past = answer.shares.subarray(1, answer.question.token);
		if (past.length > 0) this.selected = 1 + past.indexOf(past.reduce((a, b) => Math.max(a, b)));
	}

	/**
	 * Ask for the places around the present one, nearest first, while nothing else is asked: then a scrub shows each of them at
	 * once. Ends by itself; any other question calls it off.
	 */
	async #lookAhead(): Promise<void> {
		const live = this.#live;
		const idle = this.ready && this.awake && !this.writing && !this.asking;
		if (!live || !idle || this.tokens.length > MOST_AHEAD) return;
		this.#ahead?.abort();
		const controller = new AbortController();
		this.#ahead = controller;
		const { signal } = controller;
		const { question, lastToken } = this;
		const { token: here } = question;
		for (let step = 1; step <= lastToken; step++)
			for (const token of [here - step, here + step]) {
				if (signal.aborted || this.asking) return;
				const place = { ...question, token };
				if (token < 0 || token > lastToken || live.known(place)) continue;
				try {
					await live.ask(place, { signal });
				} catch {
					// What could not be had ahead is asked for again when it is looked at; a failure is told then.
					return;
				}
			}
	}

	/** Show another text. Erasures belong to the text before. */
	show(tokens: readonly Token[], example: Example | null = null): void {
		this.cutFrom = tokens.length > MOST_TOKENS ? tokens.length : null;
		const kept =
			tokens.length > MOST_TOKENS ? [tokens[0], ...tokens.slice(1 - MOST_TOKENS)] : tokens;
		this.#writer?.abort();
		this.text++;
		this.erased = [];
		this.written = null;
		this.ending = null;
		this.check = null;
		this.cell = null;
		this.tokens = kept;
		this.token = kept.length - 1;
		this.example = example;
		this.#choosesLargest = !example;
		if (example) {
			this.layer = example.layer;
			this.selected = Math.min(example.token, kept.length - 1);
		} else this.selected = Math.min(this.selected, kept.length - 1);
	}

	async read(text: string, example: Example | null = null): Promise<void> {
		if (!this.session || !this.ready) return;
		this.#writer?.abort();
		try {
			const tokens = await this.session.encode(text, { lane: `${this.lane} text` });
			this.show(tokens, example);
		} catch (error) {
			this.#fail(error);
		}
	}

	async choose(example: Example): Promise<void> {
		if (example === LEAD) this.show(recording.tokens, LEAD);
		else await this.read(example.text, example);
	}

	/** The lead example with another name. */
	async rename(name: string): Promise<void> {
		const trimmed = name.trim();
		if (!trimmed) return;
		await this.read(LEAD.text.replace(LEAD_NAME, trimmed));
		this.layer = LEAD.layer;
		this.selected = Math.min(LEAD.token, this.lastToken);
		this.#choosesLargest = false;
	}

	moveTo(token: number): void {
		this.token = Math.max(0, Math.min(this.lastToken, token));
		if (this.selected > this.token) this.selected = this.token;
	}

	select(token: number): void {
		const at = Math.max(0, Math.min(this.lastToken, token));
		if (at > this.token) this.moveTo(at);
		this.selected = at;
		this.#choosesLargest = false;
	}

	toggleErased(token = this.selected, layer = this.layer): void {
		this.check = null;
		const same = (edit: Erasure) => edit.layer === layer && edit.token === token;
		this.erased = this.erased.some(same)
			? this.erased.filter((edit) => !same(edit))
			: [...this.erased, { layer, token }];
	}

	/** Take all erasures back. */
	undo(): void {
		this.erased = [];
		this.check = null;
	}

	/** Let the model write, from where the reader's text ends: the same seed gives the same words again. */
	async writeOn(count: number): Promise<void> {
		if (this.written !== null) {
			const { written } = this;
			this.tokens = this.tokens.slice(0, written);
			this.erased = this.erased.filter(({ token }) => token < written);
			this.text++;
			this.select(Math.min(this.selected, this.lastToken));
		}
		this.token = this.lastToken;
		await this.#write(count);
	}

	/** Write on from where the model's own words end. */
	goOn(count: number): Promise<void> {
		return this.#write(count);
	}

	async #write(count: number): Promise<void> {
		const { session } = this;
		if (!session || !this.ready || this.writing) return;
		const room = MOST_TOKENS - this.tokens.length;
		if (room <= 0) return;
		this.writing = true;
		this.ending = null;
		this.#latest.stop();
		this.#ahead?.abort();
		const writer = new AbortController();
		this.#writer = writer;
		const { request, sampling, text } = this;
		this.written ??= this.tokens.length;
		this.example = null;
		try {
			await session.generate(
				request,
				{ tokens: Math.min(count, room), sampling },
				(fresh) => {
					if (this.text === text) this.tokens = [...this.tokens, ...fresh];
				},
				{ signal: writer.signal }
			);
			if (this.text === text) this.ending = 'done';
		} catch (error) {
			if (!isAbort(error)) this.#fail(error);
			else if (this.text === text) this.ending = 'stopped';
		} finally {
			this.writing = false;
			if (this.text === text) this.token = this.lastToken;
		}
	}

	stopWriting(): void {
		this.#writer?.abort();
	}

	async compare(): Promise<void> {
		const { session } = this;
		if (!session || !this.ready) return;
		this.check = 'running';
		try {
			this.check = await session.check(this.request, { lane: `${this.lane} check` });
		} catch (error) {
			this.check = null;
			this.#fail(error);
		}
	}

	/** Erase the selected word in each layer by itself, and see what becomes of the word that was likeliest. */
	async measureEffects(): Promise<void> {
		const { session, ids, selected, token } = this;
		const key = this.#effectsKey();
		const word = this.answer.untouched.tokens[0];
		const before = this.answer.untouched.probabilities[0];
		if (!session || !this.ready || !this.isFresh || this.measuring) return;
		this.measuring = true;
		try {
			const after: number[] = [];
			for (let layer = 0; layer < recording.layers; layer++) {
				const interventions = [{ kind: 'erase', layer, token: selected } as const];
				const query = { token, top: 0, also: [word.id] };
				const lane = { lane: `${this.lane} effects` };
				const { probabilities } = await session.next({ ids, interventions }, query, lane);
				after.push(probabilities[0]);
			}
			this.measured = { key, effects: { word, before, after } };
		} catch (error) {
			this.#fail(error);
		} finally {
			this.measuring = false;
		}
	}

	#effectsKey(): string {
		return `${this.text} ${this.selected} ${this.token}`;
	}

	/** The state as a link has it. */
	toLink(): string {
		const example = this.written === null ? this.example : null;
		return writePlace({
			example: example?.key ?? null,
			ids: example ? null : this.ids,
			written: this.written,
			layer: this.layer,
			token: this.token === this.lastToken ? null : this.token,
			selected: this.selected,
			of: this.of,
			erased: this.erased,
			panel: this.open ? 'state' : null,
			cell: this.cell,
			sampling: this.sampling === DEFAULT_SAMPLING ? null : this.sampling
		});
	}

	/** Is this what the figure shows to whoever opens the page? Then a link needs to say nothing. */
	isUntouched(): boolean {
		return (
			this.example === LEAD &&
			this.layer === LEAD.layer &&
			this.selected === LEAD.token &&
			this.token === this.lastToken &&
			this.of === 'read-out' &&
			this.erased.length === 0 &&
			!this.open &&
			this.cell === null &&
			this.sampling === DEFAULT_SAMPLING
		);
	}

	/** Is there anything in this link that the recording cannot show? */
	needsModel(link: string): boolean {
		const { ids, example } = readPlace(link);
		return ids !== null || (example !== null && example !== LEAD.key);
	}

	/** Restore what a link says; texts other than the lead need the model. */
	async restore(link: string): Promise<void> {
		const place = readPlace(link);
		this.damagedLink = place.damaged;
		const example = examples.find(({ key }) => key === place.example);
		if (place.example && !example) this.damagedLink = true;
		if (place.ids && this.session) {
			try {
				const { tokens } = await this.session.run({ ids: place.ids });
				this.show(tokens);
			} catch (error) {
				this.damagedLink = true;
				if (!isAbort(error)) return;
			}
		} else if (example && example !== this.example) await this.choose(example);
		const layers = recording.layers;
		const last = this.lastToken;
		const token = (at: number | null, otherwise: number) => {
			if (at === null) return otherwise;
			if (at > last) this.damagedLink = true;
			return Math.min(at, last);
		};
		const layer = place.layer ?? example?.layer ?? this.layer;
		if (layer < layers) this.layer = layer;
		else this.damagedLink = true;
		this.token = token(place.token, last);
		this.selected = Math.min(
			token(place.selected, Math.min(example?.token ?? this.selected, last)),
			this.token
		);
		if (place.selected !== null) this.#choosesLargest = false;
		this.of = place.of ?? 'read-out';
		this.erased = place.erased.filter((edit) => edit.layer < layers && edit.token <= last);
		if (this.erased.length < place.erased.length) this.damagedLink = true;
		this.written = null;
		if (place.written !== null) {
			const begins =
				place.ids !== null && place.written >= 1 && place.written <= this.tokens.length;
			if (begins) this.written = place.written;
			else this.damagedLink = true;
		}
		this.open = place.panel === 'state';
		const { channels, states } = recording;
		const exists = place.cell && place.cell.channel < channels && place.cell.state < states;
		this.cell = exists ? place.cell : null;
		if (place.cell && !exists) this.damagedLink = true;
		if (place.sampling) this.sampling = place.sampling;
	}

	wordAt(token: number): string {
		return wordOf(this.tokens[token]);
	}

	#fail(error: unknown): void {
		if (isAbort(error)) return;
		this.failure =
			error instanceof SessionError
				? error.failure
				: { kind: 'internal', message: error instanceof Error ? error.message : String(error) };
	}
}

/** Of the lead example at its last token, from the recording: null for words other than its name. */
function recordedEffects(token: number): Effects | null {
	const last = recording.tokens.length - 1;
	const untouched = recording.next({ token: last, top: 1 });
	if (!untouched) return null;
	const [word] = untouched.tokens;
	const after = Array.from({ length: recording.layers }, (_, layer) => {
		const found = recording.next({ token: last, also: [word.id] }, [
			{ kind: 'erase', layer, token }
		]);
		return found && found.probabilities[0];
	});
	return after.some((value) => value === null)
		? null
		: { word, before: untouched.probabilities[0], after };
}

function firstAnswer(): Answer {
	const answer = recordedAnswer(recording, {
		text: 0,
		ids: recording.tokens.map(({ id }) => id),
		edits: [],
		layer: LEAD.layer,
		token: recording.tokens.length - 1,
		of: 'read-out'
	});
	if (!answer) throw new Error('The recording does not hold the lead example.');
	return answer;
}
