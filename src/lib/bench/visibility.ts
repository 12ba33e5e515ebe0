// Is the page to be seen? A hidden page is slowed down by its browser, so what is measured meanwhile does not count.

export class Visibility {
	#hidden = false;
	#hidings = 0;
	#waiting = new Set<() => void>();

	get hidden(): boolean {
		return this.#hidden;
	}

	/** How often the page was hidden so far: two readings that differ have a hiding between them. */
	get hidings(): number {
		return this.#hidings;
	}

	set(hidden: boolean): void {
		if (hidden && !this.#hidden) this.#hidings++;
		this.#hidden = hidden;
		if (hidden) return;
		for (const resolve of this.#waiting) resolve();
		this.#waiting.clear();
	}

	/** Resolves once the page is to be seen, or when `signal` fires. */
	shown(signal?: AbortSignal): Promise<void> {
		if (!this.#hidden || signal?.aborted) return Promise.resolve();
		return new Promise((resolve) => {
			this.#waiting.add(resolve);
			signal?.addEventListener('abort', () => resolve(), { once: true });
		});
	}
}
