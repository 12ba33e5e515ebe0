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
