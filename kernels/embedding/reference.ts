// Embedding in f64, as `torch.nn.Embedding`, and the gradient of its table.

/** The rows `ids` of `weight` (…, width). */
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

/** From the gradient dy (ids, width) of the rows to that of the table, (vocabulary, width): each row is the sum over its places. */
export function embeddingBackwardReference(
	ids: ArrayLike<number>,
	dy: ArrayLike<number>,
	{ vocabulary, width }: { vocabulary: number; width: number }
): Float64Array {
	const gradient = new Float64Array(vocabulary * width);
	for (let i = 0; i < ids.length; i++)
		for (let k = 0; k < width; k++) gradient[ids[i] * width + k] += dy[i * width + k];
	return gradient;
}
