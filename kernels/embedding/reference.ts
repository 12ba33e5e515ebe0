/** The rows `ids` of `weight` (…, width), as `torch.nn.Embedding`. */
export function embeddingReference(
	ids: ArrayLike<number>,
	weight: ArrayLike<number>,
	width: number
): Float64Array {
	return Float64Array.from(
		{ length: ids.length * width },
		(_, i) => weight[ids[Math.floor(i / width)] * width + (i % width)]
	);
}
