// The states of a layer, worked out on the page from what the run traced: a recurrence over the tokens, kept every so often and computed
// from there for whatever token is looked at, so that a thousand tokens fit.
import type { Numbers } from './run.ts';

/** A state is kept every so many tokens, and what is looked at is computed from the one before. */
const EVERY = 32;
const MOST_STATES = 160;

export class States {
	readonly #kept = new Map<number, Float64Array>();
	readonly #size: number;
	readonly #foreign: (t: number) => Numbers | null;
	readonly #step: (t: number, before: Float64Array, after: Float64Array) => void;

	/**
	 * @param size numbers of a state
	 * @param foreign what a token finds in place of the state before it, null where it finds that
	 * @param step make the state after token t
	 */
	constructor(
		size: number,
		foreign: (t: number) => Numbers | null,
		step: (t: number, before: Float64Array, after: Float64Array) => void
	) {
		this.#size = size;
		this.#foreign = foreign;
		this.#step = step;
	}

	/** After token t; zeros before the first. */
	at(t: number): Float64Array {
		const kept = this.#kept.get(t);
		if (kept) return kept;
		let from = t;
		while (from >= 0 && !this.#kept.has(from)) from--;
		let h = this.#kept.get(from) ?? new Float64Array(this.#size);
		for (let s = from + 1; s <= t; s++) {
			const next = new Float64Array(this.#size);
			const foreign = this.#foreign(s);
			this.#step(s, foreign ? Float64Array.from(foreign) : h, next);
			h = next;
			if (s % EVERY === 0 || s >= t - 1) this.#kept.set(s, h);
		}
		if (this.#kept.size > MOST_STATES)
			for (const s of this.#kept.keys()) if (s % EVERY !== 0 && s < t - 1) this.#kept.delete(s);
		return h;
	}
}
