/** RMS norm of each row of x (rows, width) into y; `weight` (width) gives the width. */
export function rmsNormCpu(
	x: Float32Array,
	weight: Float32Array,
	epsilon: number,
	y: Float32Array
): void {
	const width = weight.length;
	for (let from = 0; from < x.length; from += width) {
		let sum = 0;
		for (let k = 0; k < width; k++) sum += x[from + k] * x[from + k];
		const scale = 1 / Math.sqrt(sum / width + epsilon);
		for (let k = 0; k < width; k++) y[from + k] = x[from + k] * scale * weight[k];
	}
}

/** The gradient of x (added to `sofar` where that is given) and each row's 1 / √(mean(x²) + ε). */
export function rmsNormBackwardCpu(given: {
	readonly x: Float32Array;
	readonly weight: Float32Array;
	readonly epsilon: number;
	/** The gradient of y. */
	readonly g: Float32Array;
	readonly sofar: Float32Array | null;
	readonly dx: Float32Array;
	readonly scale: Float32Array;
}): void {
	const { x, weight, epsilon, g, sofar, dx, scale } = given;
	const width = weight.length;
	for (let row = 0, from = 0; from < x.length; row++, from += width) {
		let square = 0;
		let product = 0;
		for (let k = 0; k < width; k++) {
			square += x[from + k] * x[from + k];
			product += g[from + k] * weight[k] * x[from + k];
		}
		const s = 1 / Math.sqrt(square / width + epsilon);
		const slope = (s * s * s * product) / width;
		for (let k = 0; k < width; k++) {
			const d = s * g[from + k] * weight[k] - x[from + k] * slope;
			dx[from + k] = sofar ? d + sofar[from + k] : d;
		}
		scale[row] = s;
	}
}

/** The gradient of the weight, Σ over rows of g · x · scale; summed in f64. */
export function rmsNormWeightCpu(
	x: Float32Array,
	g: Float32Array,
	scale: Float32Array,
	to: Float32Array
): void {
	const sums = new Float64Array(to.length);
	for (let row = 0, from = 0; row < scale.length; row++, from += sums.length)
		for (let k = 0; k < sums.length; k++) sums[k] += g[from + k] * x[from + k] * scale[row];
	to.set(sums);
}
