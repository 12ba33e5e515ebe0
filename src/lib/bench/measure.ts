// How anything is timed here: warmed up, repeated, reported as median and spread.

export interface Timing {
	/** Milliseconds of one repetition. */
	readonly median: number;
	readonly fastest: number;
	readonly slowest: number;
	readonly repetitions: number;
}

export interface Repeats {
	/** Repetitions before the clock runs: compilation, caches, clock speeds. */
	readonly warmUp?: number;
	readonly repetitions?: number;
	/** Asked before each repetition. */
	readonly signal?: AbortSignal;
}

/**
 * Time `work` in milliseconds.
 * @param work one repetition; resolves when its result is there
 */
export function time(work: () => Promise<unknown>, repeats: Repeats = {}): Promise<Timing> {
	return timed(async () => {
		const start = performance.now();
		await work();
		return performance.now() - start;
	}, repeats);
}

/**
 * Time what has a clock of its own.
 * @param work one repetition; gives its milliseconds
 */
export async function timed(
	work: () => Promise<number>,
	{ warmUp = 2, repetitions = 7, signal }: Repeats = {}
): Promise<Timing> {
	const times: number[] = [];
	for (let i = 0; i < warmUp + repetitions; i++) {
		await stillWanted(signal);
		const milliseconds = await work();
		if (i >= warmUp) times.push(milliseconds);
	}
	return summary(times);
}

/** Work on the processor lets no message in: whoever may call it off needs a turn to say so. */
export async function stillWanted(signal: AbortSignal | undefined): Promise<void> {
	if (!signal) return;
	await new Promise((resolve) => setTimeout(resolve));
	signal.throwIfAborted();
}

export function summary(times: readonly number[]): Timing {
	const sorted = [...times].sort((a, b) => a - b);
	const middle = sorted.length >> 1;
	return {
		median: sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2,
		fastest: sorted[0],
		slowest: sorted[sorted.length - 1],
		repetitions: sorted.length
	};
}
