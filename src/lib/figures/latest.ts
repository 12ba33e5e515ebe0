// Latest wins, without starving: one question is being answered at a time, and of those that come meanwhile only the newest is
// remembered. A finger that moves faster than the answers still sees every answer that was finished, and never a queue.

export interface LatestOptions<Q, A> {
	/** May answer at once. */
	readonly answer: (question: Q, signal: AbortSignal) => A | Promise<A>;
	readonly deliver: (answer: A, question: Q) => void;
	/** Not called for questions that were called off. */
	readonly fail: (error: unknown, question: Q) => void;
	/** Is the earlier question not worth finishing once the later one is asked? */
	readonly overtakes?: (later: Q, earlier: Q) => boolean;
	/** Told when work begins and when nothing is left to do. */
	readonly onBusy?: (busy: boolean) => void;
}

export class Latest<Q, A> {
	#options: LatestOptions<Q, A>;
	#next: { readonly question: Q } | null = null;
	#now: { readonly question: Q; readonly controller: AbortController } | null = null;

	constructor(options: LatestOptions<Q, A>) {
		this.#options = options;
	}

	get busy(): boolean {
		return this.#now !== null;
	}

	ask(question: Q): void {
		this.#next = { question };
		if (!this.#now) void this.#work();
		else if (this.#options.overtakes?.(question, this.#now.question)) this.#now.controller.abort();
	}

	/** Call off what is being answered and forget what waits. */
	stop(): void {
		this.#next = null;
		this.#now?.controller.abort();
	}

	async #work(): Promise<void> {
		const { answer, deliver, fail, onBusy } = this.#options;
		onBusy?.(true);
		while (this.#next) {
			const { question } = this.#next;
			this.#next = null;
			const controller = new AbortController();
			this.#now = { question, controller };
			try {
				const given = answer(question, controller.signal);
				const value = given instanceof Promise ? await given : given;
				if (!controller.signal.aborted) deliver(value, question);
			} catch (error) {
				if (!controller.signal.aborted) fail(error, question);
			}
		}
		this.#now = null;
		onBusy?.(false);
	}
}
