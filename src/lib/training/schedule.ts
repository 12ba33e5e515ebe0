// The learning rate of each step: warm-up, then half a cosine down to a fraction (Loshchilov and Hutter 2017, SGDR, one period).

export interface Schedule {
	/** The highest rate. */
	readonly rate: number;
	/** Steps over which it rises in a line. */
	readonly warmUp: number;
	/** All steps, the warm-up among them. */
	readonly steps: number;
	/** The share of the highest rate that the cosine ends in, a step after the last. */
	readonly last: number;
}

/** @param step the first is 0 */
export function rateOf({ rate, warmUp, steps, last }: Schedule, step: number): number {
	if (step < warmUp) return (rate * (step + 1)) / warmUp;
	const gone = Math.min(1, (step - warmUp) / Math.max(1, steps - warmUp));
	return rate * (last + ((1 - last) * (1 + Math.cos(Math.PI * gone))) / 2);
}
