// How many steps a scan takes on so many processors: level by level, each as often as its combinations fill the processors.
// Source: Brent 1974, whose bound it keeps: at least the depth, and at least the work over the processors.
import { depth, work, type ScanVersion } from '#kernels/associative_scan/reference.ts';

/** Levels that are alike: so many, each of so many combinations. */
export interface Levels {
	readonly levels: number;
	readonly combinations: number;
}

/** As the kernel chooses it. */
export const chunkFor = (length: number): number => Math.max(1, Math.round(Math.sqrt(length)));

/** The levels of one row of `length` tokens, in their order. */
export function levelsOf(version: ScanVersion, length: number, chunk = chunkFor(length)): Levels[] {
	const found: Levels[] = [];
	const add = (combinations: number, levels = 1) => {
		if (combinations > 0 && levels > 0) found.push({ levels, combinations });
	};
	switch (version) {
		case 'sequential':
			add(1, length - 1);
			break;
		case 'hillis_steele':
			for (let reach = 1; reach < length; reach *= 2) add(length - reach);
			break;
		case 'blelloch': {
			const leaves = 2 ** Math.ceil(Math.log2(length));
			for (let stride = 2; stride <= leaves; stride *= 2) add(leaves / stride);
			for (let stride = leaves; stride >= 2; stride /= 2) add(leaves / stride);
			add(length);
			break;
		}
		case 'chunked': {
			const chunks = Math.ceil(length / chunk);
			for (let i = 1; i < Math.min(chunk, length); i++) add(Math.ceil((length - i) / chunk));
			add(1, chunks - 1);
			add(length - chunk - (chunks - 1));
		}
	}
	return found;
}

/** Steps of `rows` scans side by side. */
export const stepsOn = (levels: readonly Levels[], rows: number, processors: number): number =>
	levels.reduce(
		(sum, { levels: count, combinations }) =>
			sum + count * Math.ceil((combinations * rows) / processors),
		0
	);

/** Brent's bound: no order of the same combinations takes fewer steps. */
export const bound = (
	version: ScanVersion,
	length: number,
	rows: number,
	processors: number,
	chunk = chunkFor(length)
): number =>
	Math.max(
		depth(version, length, chunk),
		Math.ceil((work(version, length, chunk) * rows) / processors)
	);

/**
 * The fewest processors, at least one a row, with which a version takes fewer steps than walking the rows; null where it never does.
 * With a processor a row the walk takes length − 1 steps, however many more there are.
 */
export function overtakes(version: ScanVersion, length: number, rows: number): number | null {
	const levels = levelsOf(version, length);
	const sooner = (processors: number) => stepsOn(levels, rows, processors) < length - 1;
	let [low, high] = [rows, rows * length];
	if (!sooner(high)) return null;
	while (low < high) {
		const middle = Math.floor((low + high) / 2);
		if (sooner(middle)) high = middle;
		else low = middle + 1;
	}
	return low;
}
