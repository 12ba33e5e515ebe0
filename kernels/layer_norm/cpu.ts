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
