// The page's side of the session: each method posts a question and resolves with its answer.
import type { Backend } from '#lib/engine/index.ts';
import { abortError, SessionError } from './failures.ts';
import { Lanes } from './lanes.ts';
import type { FromWorker, Method, ToWorker } from './protocol.ts';
import type { Ask, ModelInfo, Session, SessionStatus } from './types.ts';

interface Waiting {
	resolve(answer: unknown): void;
	reject(error: unknown): void;
	onPart?: ((part: never) => void) | undefined;
}

export class WorkerSession implements Session {
	status: SessionStatus = { phase: 'idle' };
	model: ModelInfo | null = null;
	#worker: Worker;
	#listeners = new Set<(status: SessionStatus) => void>();
	#waiting = new Map<number, Waiting>();
	#lanes = new Lanes();
	#calls = 0;
	#stopTelling: (() => void) | null = null;

	constructor(worker: Worker) {
		this.#worker = worker;
		worker.onmessage = ({ data }: MessageEvent<FromWorker>) => this.#hear(data);
		worker.onerror = (event) => {
			event.preventDefault();
			this.#fail(event.message || 'The worker that runs the model stopped.');
		};
	}

	subscribe(listener: (status: SessionStatus) => void): () => void {
		this.#listeners.add(listener);
		listener(this.status);
		return () => this.#listeners.delete(listener);
	}

	load(folder: string, { backend, ...ask }: Ask & { backend?: 'auto' | Backend } = {}) {
		return this.#ask<ModelInfo>('load', [folder, { backend }], ask);
	}

	encode: Session['encode'] = (text, ask) => this.#ask('encode', [text], ask);
	run: Session['run'] = (request, ask) => this.#ask('run', [request], ask);
	shares: Session['shares'] = (request, query, ask) => this.#ask('shares', [request, query], ask);
	next: Session['next'] = (request, query, ask) => this.#ask('next', [request, query], ask);
	state: Session['state'] = (request, query, ask) => this.#ask('state', [request, query], ask);
	history: Session['history'] = (request, query, ask) =>
		this.#ask('history', [request, query], ask);
	halfLives: Session['halfLives'] = (request, query, ask) =>
		this.#ask('halfLives', [request, query], ask);
	cell: Session['cell'] = (request, query, ask) => this.#ask('cell', [request, query], ask);
	check: Session['check'] = (request, ask) => this.#ask('check', [request], ask);

	generate: Session['generate'] = (request, query, onTokens, ask) =>
		this.#ask('generate', [request, query], ask, onTokens);
	take: Session['take'] = (query, onProgress, ask) => this.#ask('take', [query], ask, onProgress);
	bring: Session['bring'] = (query, ask) => this.#ask('bring', [query], ask);
	tokens: Session['tokens'] = (query, ask) => this.#ask('tokens', [query], ask);
	vocabulary: Session['vocabulary'] = (query, ask) => this.#ask('vocabulary', [query], ask);
	verify: Session['verify'] = (query, ask) => this.#ask('verify', [query], ask);
	trace: Session['trace'] = (query, ask) => this.#ask('trace', [query], ask);
	write: Session['write'] = (query, ask) => this.#ask('write', [query], ask);
	passes: Session['passes'] = (query, ask) => this.#ask('passes', [query], ask);
	pace: Session['pace'] = (query, ask) => this.#ask('pace', [query], ask);
	machine: Session['machine'] = (query, ask) => this.#ask('machine', [query], ask);
	versions: Session['versions'] = (work, ask) => this.#ask('versions', [work], ask);
	tune: Session['tune'] = (work, onTuned, ask) => this.#ask('tune', [work], ask, onTuned);
	pin: Session['pin'] = (query, ask) => this.#ask('pin', [query], ask);
	forget: Session['forget'] = (query, ask) => this.#ask('forget', [query], ask);
	bench: Session['bench'] = (request, onProgress, ask) =>
		this.#ask('bench', [request], ask, onProgress);
	measure: Session['measure'] = (request, { onProgress, ...ask } = {}) => {
		this.#tellOfHiding();
		return this.#ask('measure', [request], ask, onProgress);
	};

	paces: Session['paces'] = (request, { onProgress, ...ask } = {}) =>
		this.#ask('paces', [request], ask, onProgress);

	close(): void {
		this.#worker.terminate();
		this.#stopTelling?.();
		for (const { reject } of this.#waiting.values()) reject(abortError());
		this.#waiting.clear();
		this.#listeners.clear();
	}

	#ask<T>(
		method: Method,
		args: readonly unknown[],
		ask: Ask = {},
		onPart?: (part: never) => void
	): Promise<T> {
		const signal = this.#lanes.enter(ask.lane, ask.signal);
		if (signal?.aborted) return Promise.reject(abortError());
		const call = ++this.#calls;
		return new Promise<T>((resolve, reject) => {
			this.#waiting.set(call, { resolve: resolve as Waiting['resolve'], reject, onPart });
			signal?.addEventListener(
				'abort',
				() => {
					if (!this.#waiting.delete(call)) return;
					this.#post({ cancel: call });
					reject(abortError());
				},
				{ once: true }
			);
			this.#post({ call, method, args: args.map(plainOf) });
		});
	}

	/** From now on, tell the worker whether the page is to be seen: what is measured while it is not does not count. */
	#tellOfHiding(): void {
		if (this.#stopTelling || typeof document === 'undefined') return;
		const tell = () => this.#post({ hidden: document.hidden });
		document.addEventListener('visibilitychange', tell);
		this.#stopTelling = () => document.removeEventListener('visibilitychange', tell);
		tell();
	}

	#post(message: ToWorker): void {
		this.#worker.postMessage(message);
	}

	#hear(message: FromWorker): void {
		if ('status' in message) {
			this.status = message.status;
			this.model = message.model;
			for (const listener of this.#listeners) listener(message.status);
			return;
		}
		const waiting = this.#waiting.get(message.call);
		if (!waiting) return;
		if ('part' in message) return waiting.onPart?.(message.part as never);
		this.#waiting.delete(message.call);
		if ('answer' in message) waiting.resolve(message.answer);
		else if (message.failure === 'aborted') waiting.reject(abortError());
		else waiting.reject(new SessionError(message.failure));
	}

	#fail(message: string): void {
		const failure = { kind: 'internal', message } as const;
		this.status = { phase: 'failed', error: failure };
		for (const listener of this.#listeners) listener(this.status);
		for (const { reject } of this.#waiting.values()) reject(new SessionError(failure));
		this.#waiting.clear();
	}
}

/** A value without the proxies of a page's state, which cannot be sent; files go as they are. */
function plainOf(value: unknown): unknown {
	if (typeof value !== 'object' || value === null || value instanceof Blob) return value;
	if (Array.isArray(value)) return value.map(plainOf);
	return Object.fromEntries(Object.entries(value).map(([key, of]) => [key, plainOf(of)]));
}
