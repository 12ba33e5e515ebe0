/** Layer norm of each row of x (rows, width) into y; `weight` (width) gives the width. */
export function layerNormCpu(
	x: Float32Array,
	weight: Float32Array,
	bias: Float32Array | null,
	epsilon: number,
	y: Float32Array
): void {
	const width = weight.length;
	for (let from = 0; from < x.length; from += width) {
		let sum = 0;
		for (let k = 0; k < width; k++) sum += x[from + k];
		const mean = sum / width;
		let squares = 0;
		for (let k = 0; k < width; k++) squares += (x[from + k] - mean) * (x[from + k] - mean);
		const scale = 1 / Math.sqrt(squares / width + epsilon);
		for (let k = 0; k < width; k++) {
			const value = (x[from + k] - mean) * scale * weight[k];
			y[from + k] = bias ? value + bias[k] : value;
		}
	}
}

/** The gradient of x (added to `sofar` where that is given) and each row's mean and 1 / √(variance + ε). */
export function layerNormBackwardCpu(given: {
	readonly x: Float32Array;
	readonly weight: Float32Array;
	readonly epsilon: number;
	/** The gradient of y. */
	readonly g: Float32Array;
	readonly sofar: Float32Array | null;
	readonly dx: Float32Array;
	readonly stats: Float32Array;
}): void {
	const { x, weight, epsilon, g, sofar, dx, stats } = given;
	const width = weight.length;
	for (let row = 0, from = 0; from < x.length; row++, from += width) {
		let sum = 0;
		let back = 0;
		for (let k = 0; k < width; k++) {
			sum += x[from + k];
			back += g[from + k] * weight[k];
		}
		const mean = sum / width;
		const meanBack = back / width;
		let squares = 0;
		let product = 0;
		for (let k = 0; k < width; k++) {
			const off = x[from + k] - mean;
			squares += off * off;
			product += off * g[from + k] * weight[k];
		}
		const s = 1 / Math.sqrt(squares / width + epsilon);
		const slope = (s * s * product) / width;
		for (let k = 0; k < width; k++) {
			const d = s * (g[from + k] * weight[k] - meanBack - (x[from + k] - mean) * slope);
			dx[from + k] = sofar ? d + sofar[from + k] : d;
		}
		stats[2 * row] = mean;
		stats[2 * row + 1] = s;
	}
}

/** The gradients of the weight and of the bias, one after the other in `to` (2, width); summed in f64. */
export function layerNormWeightCpu(
	x: Float32Array,
	g: Float32Array,
	stats: Float32Array,
	to: Float32Array
): void {
	const width = to.length / 2;
	const sums = new Float64Array(2 * width);
	for (let row = 0, from = 0; from < x.length; row++, from += width)
		for (let k = 0; k < width; k++) {
			sums[k] += g[from + k] * (x[from + k] - stats[2 * row]) * stats[2 * row + 1];
			sums[width + k] += g[from + k];
		}
	to.set(sums);
}
