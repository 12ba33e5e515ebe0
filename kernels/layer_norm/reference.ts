/**
 * (x − mean) · weight / √(variance + ε) + bias over rows of the weight's width, in float64; the variance is the mean square of
 * what is off the mean, as in PyTorch. Ba, Kiros & Hinton 2016, equation 4.
 */
export function layerNormReference(
	x: ArrayLike<number>,
	weight: ArrayLike<number>,
	bias: ArrayLike<number> | null,
	epsilon: number
): Float64Array {
	const width = weight.length;
	return Float64Array.from({ length: x.length }, (_, i) => {
		const row = Array.from({ length: width }, (_, k) => x[i - (i % width) + k]);
		const mean = row.reduce((sum, value) => sum + value, 0) / width;
		const variance = row.reduce((sum, value) => sum + (value - mean) ** 2, 0) / width;
		const k = i % width;
		return ((x[i] - mean) / Math.sqrt(variance + epsilon)) * weight[k] + (bias?.[k] ?? 0);
	});
}
