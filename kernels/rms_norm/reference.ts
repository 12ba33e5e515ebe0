/** x · weight / √(mean(x²) + ε) over rows of the weight's width, in float64. Zhang & Sennrich 2019, equation 4. */
export function rmsNormReference(
	x: ArrayLike<number>,
	weight: ArrayLike<number>,
	epsilon: number
): Float64Array {
	const width = weight.length;
	return Float64Array.from({ length: x.length }, (_, i) => {
		const row = Array.from({ length: width }, (_, k) => x[i - (i % width) + k]);
		const meanSquare = row.reduce((sum, value) => sum + value * value, 0) / width;
		return (x[i] / Math.sqrt(meanSquare + epsilon)) * weight[i % width];
	});
}
