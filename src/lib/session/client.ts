// The page's side of the session: each method posts a question and resolves with its answer.
import type { Backend } from '#lib/engine/index.ts';
import { abortError, SessionError } from './failures.ts';
import { Lanes } from './lanes.ts';
import type { FromWorker, Method, ToWorker } from './protocol.ts';
import type {
	Ask,
	ModelInfo,
	RunRequest,
	Sampling,
	Session,
	SessionStatus,
	Token
} from './types.ts';

interface Waiting {
	resolve(answer: unknown): void;
	reject(error: unknown): void;
	onTokens?: (tokens: Token[]) => void;
}

export class WorkerSession implements Session {
	status: SessionStatus = { phase: 'idle' };
	model: ModelInfo | null = null;
	#worker: Worker;
	#listeners = new Set<(status: SessionStatus) => void>();
	#waiting = new Map<number, Waiting>();
	#lanes = new Lanes();
	#calls = 0;

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

	generate(
		request: RunRequest,
		query: { tokens: number; sampling: Sampling },
		onTokens: (tokens: Token[]) => void,
		ask?: Ask
	) {
		return this.#ask<number[]>('generate', [request, query], ask, onTokens);
	}

	close(): void {
		this.#worker.terminate();
		for (const { reject } of this.#waiting.values()) reject(abortError());
		this.#waiting.clear();
		this.#listeners.clear();
	}

	#ask<T>(
		method: Method,
		args: readonly unknown[],
		ask: Ask = {},
		onTokens?: (tokens: Token[]) => void
	): Promise<T> {
		const signal = this.#lanes.enter(ask.lane, ask.signal);
		if (signal?.aborted) return Promise.reject(abortError());
		const call = ++this.#calls;
		return new Promise<T>((resolve, reject) => {
			this.#waiting.set(call, { resolve: resolve as Waiting['resolve'], reject, onTokens });
			signal?.addEventListener(
				'abort',
				() => {
					if (!this.#waiting.delete(call)) return;
					this.#post({ cancel: call });
					reject(abortError());
				},
				{ once: true }
			);
			this.#post({ call, method, args: JSON.parse(JSON.stringify(args)) as unknown[] });
		});
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
		if ('tokens' in message) return waiting.onTokens?.(message.tokens);
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
