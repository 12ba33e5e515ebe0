/**
 * y = activation(x Wᵀ + bias) + residual in float64, as `torch.nn.Linear`.
 * @param x (rows, in)
 * @param weight (out, in)
 * @param bias (out)
 * @param residual (rows, out)
 * @returns (rows, out)
 */
export function linearReference(
	x: ArrayLike<number>,
	weight: ArrayLike<number>,
	sizes: { rows: number; in: number; out: number },
	options: {
		bias?: ArrayLike<number>;
		residual?: ArrayLike<number>;
		activation?: 'none' | 'softplus';
	} = {}
): Float64Array {
	const { rows, in: width, out } = sizes;
	const y = new Float64Array(rows * out);
	for (let r = 0; r < rows; r++)
		for (let o = 0; o < out; o++) {
			let sum = options.bias?.[o] ?? 0;
			for (let k = 0; k < width; k++) sum += x[r * width + k] * weight[o * width + k];
			if (options.activation === 'softplus')
				sum = Math.max(sum, 0) + Math.log1p(Math.exp(-Math.abs(sum)));
			y[r * out + o] = sum + (options.residual?.[r * out + o] ?? 0);
		}
	return y;
}
