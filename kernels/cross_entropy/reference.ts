/**
 * The mean over rows of log Σ exp(logits) − logits[target], in float64; rows whose target is none of the classes do not count,
 * and the mean of no rows is 0. As `torch.nn.functional.cross_entropy` with an `ignore_index`.
 * @param logits (rows, classes)
 * @param targets (rows)
 */
export function crossEntropyReference(
	logits: ArrayLike<number>,
	targets: ArrayLike<number>,
	classes: number
): number {
	let sum = 0;
	let count = 0;
	for (let row = 0; row < targets.length; row++) {
		if (targets[row] >= classes) continue;
		const own = Array.from({ length: classes }, (_, k) => logits[row * classes + k]);
		const most = Math.max(...own);
		const whole = own.reduce((total, value) => total + Math.exp(value - most), 0);
		sum += Math.log(whole) + most - own[targets[row]];
		count++;
	}
	return count > 0 ? sum / count : 0;
}
