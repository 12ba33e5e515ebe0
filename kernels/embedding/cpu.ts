/** Copy the rows `ids` of `weight` (…, width) to y (count, width). Ids past the end read the last row. */
export function embeddingCpu(
	ids: Uint32Array,
	weight: Float32Array,
	width: number,
	y: Float32Array
): void {
	const last = weight.length / width - 1;
	for (let i = 0; i < ids.length; i++) {
		const from = Math.min(ids[i], last) * width;
		y.set(weight.subarray(from, from + width), i * width);
	}
}

/** Add the rows of dy (count, width) to the rows `ids` of d_weight (…, width). */
export function embeddingBackwardCpu(
	ids: Uint32Array,
	dy: Float32Array,
	width: number,
	dWeight: Float32Array
): void {
	const last = dWeight.length / width - 1;
	for (let i = 0; i < ids.length; i++) {
		const to = Math.min(ids[i], last) * width;
		for (let k = 0; k < width; k++) dWeight[to + k] += dy[i * width + k];
	}
}
