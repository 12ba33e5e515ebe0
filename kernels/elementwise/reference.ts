// Products and sums of tensors in f64, number by number.

/** Columns [from, to) of rows of `stride` numbers, one row after the other. */
export function columnsReference(
	x: ArrayLike<number>,
	stride: number,
	[from, to]: readonly [number, number]
): number[] {
	return Array.from(x).filter((_, i) => i % stride >= from && i % stride < to);
}

export const multiplyReference = (a: ArrayLike<number>, b: ArrayLike<number>): Float64Array =>
	Float64Array.from(a, (value, i) => value * b[i]);

export const addReference = (a: ArrayLike<number>, b: ArrayLike<number>): Float64Array =>
	Float64Array.from(a, (value, i) => value + b[i]);
