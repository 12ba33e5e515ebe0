/**
 * Mean cross-entropy of each next token over all positions of all rows, in nats, in f64.
 * @param logits [row][position][vocabulary]
 * @param ids [row][position]; a row of one token predicts nothing
 * @returns NaN where there is nothing to predict
 */
export function meanCrossEntropy(
	logits: readonly (readonly ArrayLike<number>[])[],
	ids: readonly (readonly number[])[]
): number {
	let total = 0;
	let count = 0;
	ids.forEach((row, r) => {
		for (let t = 0; t + 1 < row.length; t++) {
			total += crossEntropy(logits[r][t], row[t + 1]);
			count++;
		}
	});
	return total / count;
}

/** −log softmax(logits)[target], in nats. */
export function crossEntropy(logits: ArrayLike<number>, target: number): number {
	let largest = -Infinity;
	for (let i = 0; i < logits.length; i++) largest = Math.max(largest, logits[i]);
	let sum = 0;
	for (let i = 0; i < logits.length; i++) sum += Math.exp(logits[i] - largest);
	return Math.log(sum) + largest - logits[target];
}

/** A target that does not count. */
const IGNORE = 0xffffffff;

/** For each token of each row the one after it, `IGNORE` after the last; rows one after another. */
export function nextTokens(ids: readonly (readonly number[])[]): Uint32Array<ArrayBuffer> {
	return Uint32Array.from(ids.flatMap((row) => [...row.slice(1), IGNORE]));
}
