// Latest wins: of two questions on one lane, the earlier is called off when the later is asked.

export class Lanes {
	#open = new Map<string, AbortController>();

	/** A signal for one question: fires when `signal` does or when the lane is taken by the next one. */
	enter(lane: string | undefined, signal: AbortSignal | undefined): AbortSignal | undefined {
		if (!lane) return signal;
		this.#open.get(lane)?.abort();
		const controller = new AbortController();
		this.#open.set(lane, controller);
		if (signal?.aborted) controller.abort();
		else signal?.addEventListener('abort', () => controller.abort(), { once: true });
		return controller.signal;
	}
}
