// Whom a head looks at, from the queries and keys that it was given: softmax(q·k / √headDim) over what came before, in f64. The kernels
// never write these numbers down; Vaswani et al. 2017, equation 1.

export interface AttentionInputs {
	/** (L, heads · headDim), after rotary. */
	readonly q: ArrayLike<number>;
	/** (L, kvHeads · headDim), after rotary. */
	readonly k: ArrayLike<number>;
	readonly heads: number;
	readonly kvHeads: number;
	readonly headDim: number;
	/** Which head. */
	readonly head: number;
}

/** Row t holds the weights of tokens 0…t; each row adds up to 1. */
export function attentionWeights({
	q,
	k,
	heads,
	kvHeads,
	headDim,
	head
}: AttentionInputs): Float64Array[] {
	const length = q.length / (heads * headDim);
	if (!Number.isInteger(length) || k.length !== length * kvHeads * headDim)
		throw new RangeError(`${q.length} queries and ${k.length} keys are not of one text.`);
	if (!(head >= 0 && head < heads)) throw new RangeError(`There are ${heads} heads, no ${head}.`);
	const kv = Math.floor((head * kvHeads) / heads);
	return Array.from({ length }, (_, t) => {
		const scores = Float64Array.from({ length: t + 1 }, (_, s) => {
			let sum = 0;
			for (let i = 0; i < headDim; i++)
				sum += q[(t * heads + head) * headDim + i] * k[(s * kvHeads + kv) * headDim + i];
			return sum / Math.sqrt(headDim);
		});
		const largest = scores.reduce((a, b) => Math.max(a, b));
		const weights = scores.map((score) => Math.exp(score - largest));
		const total = weights.reduce((a, b) => a + b);
		return weights.map((weight) => weight / total);
	});
}
