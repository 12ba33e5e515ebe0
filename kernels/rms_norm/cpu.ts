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
