// Logits as a reader sees them: the likeliest tokens and their probabilities.

/** In f64, so that the probabilities of a large vocabulary sum to one. */
export function softmax(logits: Float32Array): Float64Array {
	const largest = logits.reduce((a, b) => Math.max(a, b), -Infinity);
	const weights = Float64Array.from(logits, (value) => Math.exp(value - largest));
	const total = weights.reduce((a, b) => a + b, 0);
	return weights.map((value) => value / total);
}

/** The ids of the `count` largest, the largest first; ties go to the lower id. */
export function likeliest(probabilities: Float64Array, count: number): number[] {
	const ids = Array.from(probabilities.keys());
	ids.sort((a, b) => probabilities[b] - probabilities[a] || a - b);
	return ids.slice(0, count);
}
