// The recording of "What a fixed state cannot hold", as `npm run story` writes it.
import type { RecallName } from './models.ts';

/** One run of the sweep, by the numbers of pairs of `PAIRS`. */
export interface RecallRun {
	readonly seed: number;
	/** What was measured: the weights as shipped, rounded to f16, or those of the sweep, in f32. */
	readonly weights: 'f16' | 'f32';
	/** Share of answers that are right. */
	readonly right: readonly number[];
	/** Its standard error over rows. */
	readonly error: readonly number[];
}

/** Books of so many entries, one name asked in each. */
export interface RecordedBooks {
	readonly entries: number;
	/** Share of right digits, by their place in the number; each is asked with the right ones before it. */
	readonly places: readonly number[];
	/** Share of books with 0, 1, 2, 3 right digits. */
	readonly digits: readonly number[];
	/** What was said of the first book's number. */
	readonly said: readonly number[];
}

export const ORDERS = ['phonebook', 'phonebook-reversed'] as const;
export type Order = (typeof ORDERS)[number];

/** Models that read books, in the order of the drawing. */
export const READERS = ['mamba', 'mamba2', 'transformer', 'hybrid'] as const;
export type Reader = (typeof READERS)[number];

/** Entries of a book: as in training, and more. */
export const ENTRIES = [12, 24, 48] as const;

export interface RecordedCapacity {
	readonly made: {
		readonly by: string;
		readonly with: string;
		/** Where the weights that do not ship were trained. */
		readonly sweep: string;
		/** By model, sha256 of its shipped weights. */
		readonly weights: Readonly<Record<string, string>>;
		/** By model, bytes of its files. */
		readonly bytes: Readonly<Record<string, number>>;
	};
	/** Of the rows that were measured, and of the list and book that are shown. */
	readonly seed: number;
	/** Rows that were measured at each of `PAIRS`. */
	readonly rows: readonly number[];
	readonly runs: Readonly<Record<RecallName, readonly RecallRun[]>>;
	/** Of the shipped model of each name. */
	readonly shipped: Readonly<Record<RecallName, number>>;
	/** By model, answers to the first list at each of `PAIRS`, packed. */
	readonly said: Readonly<Record<RecallName, readonly string[]>>;
	/** Books that were measured at each number of entries. */
	readonly books: number;
	readonly phonebooks: Readonly<Record<Order, Readonly<Record<Reader, readonly RecordedBooks[]>>>>;
}

/** The middle one of an odd number of values. */
export const median = (values: readonly number[]): number =>
	[...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];

/** Below this share a list counts as lost. */
export const BROKEN = 0.9;

/** Where a run falls below `BROKEN`, as surely as its rows tell: within two standard errors nothing is said. */
export interface Break {
	/** It is above up to these pairs; 0 where it is not even with the first. */
	readonly from: number;
	/** It is below with these; null where that is too close to tell. */
	readonly to: number | null;
}

/** Null where a run is above at every number of pairs. */
export function breakOf(
	{ right, error }: Pick<RecallRun, 'right' | 'error'>,
	pairs: readonly number[]
): Break | null {
	const unsure = right.findIndex((share, i) => share - 2 * error[i] < BROKEN);
	if (unsure < 0) return null;
	const below = right.findIndex((share, i) => share + 2 * error[i] < BROKEN);
	return { from: unsure === 0 ? 0 : pairs[unsure - 1], to: below < 0 ? null : pairs[below] };
}
