// What the figure shows now. The reader's choices are state; the run, its edits and the request follow from them; answers are
// replaced whole when they come.
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
import { examples, type Example } from './examples.ts';
import recordedFile from './recorded.json';
import { openRecording, type RecordedFile } from './recorded.ts';
import { liveAnswer, recordedAnswer, wordOf, type Answer } from './source.ts';
import { readPlace, writePlace } from './url.ts';

export const recording = openRecording(recordedFile as unknown as RecordedFile);

const LEAD = examples[0];
const DEFAULT_SAMPLING: Sampling = { temperature: 0.8, topK: 40, topP: 0.95, seed: 1 };
/** The longest text that is read; what comes before its last tokens is left out, and the page says so. */
export const MOST_TOKENS = 1024;

export type Source = 'recorded' | 'live';

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
	erased = $state.raw<readonly { layer: number; token: number }[]>([]);
	open = $state(false);
	cell = $state.raw<{ channel: number; state: number } | null>(null);
	sampling = $state.raw<Sampling>(DEFAULT_SAMPLING);

	status = $state.raw<SessionStatus>({ phase: 'idle' });
	answer = $state.raw<Answer>(firstAnswer());
	/** What the answer was made by. */
	source = $state<Source>('recorded');
	/** A question failed; the last answer stays. */
	failure = $state.raw<SessionFailure | null>(null);
	check = $state.raw<Check | 'running' | null>(null);
	writing = $state(false);
	/** Tokens of a text that was too long, before it was cut. */
	cutFrom = $state<number | null>(null);
	/** A link came from elsewhere and could not be restored whole. */
	damagedLink = $state(false);

	readonly lane = `holding ${++figures}`;
	session = $state.raw<Session | null>(null);
	#writer: AbortController | null = null;

	ids = $derived(this.tokens.map(({ id }) => id));
	interventions = $derived(
		this.erased.map(({ layer, token }): Intervention => ({ kind: 'erase', layer, token }))
	);
	request = $derived<RunRequest>({ ids: this.ids, interventions: this.interventions });
	ready = $derived(this.status.phase === 'ready');
	largest = $derived(this.answer.shares.reduce((a, b) => Math.max(a, b), 0));
	isErased = $derived(
		this.erased.some(({ layer, token }) => layer === this.layer && token === this.selected)
	);
	lastToken = $derived(this.tokens.length - 1);

	/** Connect to a session; returns the disconnection. */
	connect(session: Session): () => void {
		this.session = session;
		return session.subscribe((status) => {
			this.status = status;
			if (status.phase === 'failed') this.failure = status.error;
			else if (status.phase === 'ready') this.failure = null;
		});
	}

	/** Ask for what is to be shown; called when any of it changes. */
	async refresh(): Promise<void> {
		const question = { request: this.request, layer: this.layer, token: this.token, of: this.of };
		const { session } = this;
		if (!this.ready || !session) {
			const answer = recordedAnswer(recording, question);
			if (answer) {
				this.answer = answer;
				this.source = 'recorded';
			}
			return;
		}
		try {
			this.answer = await liveAnswer(session, question, { lane: this.lane });
			this.source = 'live';
		} catch (error) {
			this.#fail(error);
		}
	}

	/** Show another text. Erasures belong to the text before. */
	show(tokens: readonly Token[], example: Example | null = null): void {
		this.cutFrom = tokens.length > MOST_TOKENS ? tokens.length : null;
		const kept =
			tokens.length > MOST_TOKENS ? [tokens[0], ...tokens.slice(1 - MOST_TOKENS)] : tokens;
		this.erased = [];
		this.written = null;
		this.check = null;
		this.cell = null;
		this.tokens = kept;
		this.token = kept.length - 1;
		this.example = example;
		if (example) {
			this.layer = example.layer;
			this.selected = Math.min(example.token, kept.length - 1);
		} else this.selected = Math.min(this.selected, kept.length - 1);
	}

	async read(text: string, example: Example | null = null): Promise<void> {
		if (!this.session || !this.ready) return;
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
		if (trimmed) await this.read(LEAD.text.replace('Mia', trimmed));
	}

	moveTo(token: number): void {
		this.token = Math.max(0, Math.min(this.lastToken, token));
		if (this.selected > this.token) this.selected = this.token;
	}

	select(token: number): void {
		const at = Math.max(0, Math.min(this.lastToken, token));
		if (at > this.token) this.moveTo(at);
		this.selected = at;
	}

	toggleErased(token = this.selected, layer = this.layer): void {
		this.check = null;
		const same = (edit: { layer: number; token: number }) =>
			edit.layer === layer && edit.token === token;
		this.erased = this.erased.some(same)
			? this.erased.filter((edit) => !same(edit))
			: [...this.erased, { layer, token }];
	}

	undo(): void {
		this.erased = [];
		this.check = null;
	}

	async writeOn(count: number): Promise<void> {
		const { session } = this;
		if (!session || !this.ready || this.writing) return;
		this.writing = true;
		this.#writer = new AbortController();
		const { request, sampling } = this;
		const before = this.tokens;
		this.written ??= before.length;
		try {
			await session.generate(
				request,
				{ tokens: Math.min(count, MOST_TOKENS - before.length), sampling },
				(fresh) => {
					const follows = this.token === this.lastToken;
					this.tokens = [...this.tokens, ...fresh];
					if (follows) this.token = this.lastToken;
				},
				{ signal: this.#writer.signal }
			);
		} catch (error) {
			this.#fail(error);
		} finally {
			this.writing = false;
			this.example = null;
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

	/** The state as a link has it. */
	toLink(): string {
		const lead = this.example;
		return writePlace({
			example: lead?.key ?? null,
			ids: lead ? null : this.ids,
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
			this.cell === null
		);
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
		this.token = token(place.token, last);
		this.selected = token(place.selected, Math.min(example?.token ?? this.selected, last));
		this.of = place.of ?? 'read-out';
		this.erased = place.erased.filter((edit) => edit.layer < layers && edit.token <= last);
		if (this.erased.length < place.erased.length) this.damagedLink = true;
		this.written = place.written;
		this.open = place.panel === 'state';
		this.cell = place.cell;
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

function firstAnswer(): Answer {
	const answer = recordedAnswer(recording, {
		request: { ids: recording.tokens.map(({ id }) => id) },
		layer: LEAD.layer,
		token: recording.tokens.length - 1,
		of: 'read-out'
	});
	if (!answer) throw new Error('The recording does not hold the lead example.');
	return answer;
}
