/** exp(x) / Σ exp(x) over rows of `width` numbers, in float64; the row's largest number is taken off first. */
export function softmaxReference(x: ArrayLike<number>, width: number): Float64Array {
	const y = Float64Array.from(x);
	for (let from = 0; from < y.length; from += width) {
		const row = y.subarray(from, from + width);
		const most = Math.max(...row);
		const powers = row.map((value) => Math.exp(value - most));
		const sum = powers.reduce((total, value) => total + value, 0);
		row.set(powers.map((value) => value / sum));
	}
	return y;
}
