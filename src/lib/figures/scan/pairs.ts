// The tokens of a scan as they stand in a link: `0.814_0.549,0.785_1.14`, each a and b with three decimals at most.
import type { Pair } from '#kernels/associative_scan/reference.ts';
import type { Field } from '../address.ts';

/** What a reader may type, either way. */
export const LARGEST = 9.999;
export const FEWEST = 2;
export const MOST = 16;

export const rounded = (value: number): number =>
	Number(Math.min(LARGEST, Math.max(-LARGEST, value)).toFixed(3));

const NUMBER = /^-?\d(\.\d{1,3})?$/;

export const pairsField = (first: readonly Pair[], fewest = FEWEST): Field<readonly Pair[]> => ({
	first,
	write: (pairs) => pairs.map(({ a, b }) => `${rounded(a)}_${rounded(b)}`).join(','),
	read: (text) => {
		const parts = text.split(',').map((pair) => pair.split('_'));
		const sound =
			parts.length >= fewest &&
			parts.length <= MOST &&
			parts.every((pair) => pair.length === 2 && pair.every((number) => NUMBER.test(number)));
		return sound ? parts.map(([a, b]) => ({ a: Number(a), b: Number(b) })) : null;
	}
});
