export type ActivationName = 'none' | 'softplus' | 'silu' | 'gelu' | 'relu2' | 'sigmoid' | 'tanh';

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
		activation?: ActivationName;
	} = {}
): Float64Array {
	const { rows, in: width, out } = sizes;
	const activate = ACTIVATIONS[options.activation ?? 'none'];
	const y = new Float64Array(rows * out);
	for (let r = 0; r < rows; r++)
		for (let o = 0; o < out; o++) {
			let sum = options.bias?.[o] ?? 0;
			for (let k = 0; k < width; k++) sum += x[r * width + k] * weight[o * width + k];
			y[r * out + o] = activate(sum) + (options.residual?.[r * out + o] ?? 0);
		}
	return y;
}

/** The nonlinear functions in f64. */
export const ACTIVATIONS: Readonly<Record<ActivationName, (x: number) => number>> = {
	none: (x) => x,
	softplus: (x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x))),
	silu: (x) => x / (1 + Math.exp(-x)),
	gelu: (x) => (x * erfc(-x / Math.SQRT2)) / 2,
	relu2: (x) => Math.max(x, 0) ** 2,
	sigmoid: (x) => 1 / (1 + Math.exp(-x)),
	tanh: Math.tanh
};

/** 1 − erf(x) to about 15 digits: the series of erf near 0, the continued fraction of erfc beyond. */
function erfc(x: number): number {
	if (x < 0) return 2 - erfc(-x);
	if (x < 2.5) {
		let term = x;
		let sum = x;
		for (let n = 1; Math.abs(term) > 1e-18 * Math.abs(sum) && n < 200; n++) {
			term *= -(x * x) / n;
			sum += term / (2 * n + 1);
		}
		return 1 - (2 / Math.sqrt(Math.PI)) * sum;
	}
	let fraction = 0;
	for (let n = 80; n > 0; n--) fraction = n / 2 / (x + fraction);
	return Math.exp(-x * x) / Math.sqrt(Math.PI) / (x + fraction);
}
