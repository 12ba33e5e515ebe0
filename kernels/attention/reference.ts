// Causal attention as in Vaswani et al. 2017, equation 1, with grouped queries (Ainslie et al. 2023), in plain float64.

/**
 * softmax(q kᵀ · scale) v in each head, for one text.
 * @param q (L, heads · headDim)
 * @param k, v (L, kvHeads · headDim)
 * @returns (L, heads · headDim)
 */
export function attentionReference(
	q: ArrayLike<number>,
	k: ArrayLike<number>,
	v: ArrayLike<number>,
	{ heads, kvHeads, headDim }: { heads: number; kvHeads: number; headDim: number },
	scale = 1 / Math.sqrt(headDim)
): Float64Array {
	const length = q.length / (heads * headDim);
	const y = new Float64Array(q.length);
	for (let head = 0; head < heads; head++) {
		const group = Math.floor(head / (heads / kvHeads));
		for (let t = 0; t < length; t++) {
			const scores = Array.from({ length: t + 1 }, (_, s) => {
				let score = 0;
				for (let i = 0; i < headDim; i++)
					score += q[(t * heads + head) * headDim + i] * k[(s * kvHeads + group) * headDim + i];
				return score * scale;
			});
			const largest = Math.max(...scores);
			const weights = scores.map((score) => Math.exp(score - largest));
			const total = weights.reduce((sum, weight) => sum + weight, 0);
			weights.forEach((weight, s) => {
				for (let i = 0; i < headDim; i++)
					y[(t * heads + head) * headDim + i] +=
						(weight / total) * v[(s * kvHeads + group) * headDim + i];
			});
		}
	}
	return y;
}
