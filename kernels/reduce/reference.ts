// Reductions in f64: the sum, the mean or the largest number of each row of x (rows, width).

export function reduceReference(
	kind: 'sum' | 'mean' | 'max',
	x: ArrayLike<number>,
	width: number
): Float64Array {
	return Float64Array.from({ length: x.length / width }, (_, row) => {
		const numbers = Array.from({ length: width }, (_, k) => x[row * width + k]);
		if (kind === 'max') return numbers.reduce((most, number) => Math.max(most, number));
		const sum = numbers.reduce((sum, number) => sum + number, 0);
		return kind === 'mean' ? sum / width : sum;
	});
}
