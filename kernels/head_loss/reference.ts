// The head and the loss in f64, one after the other: the mean cross-entropy of logits = hidden · weightᵀ + bias, over the tokens
// whose target is a class.

/**
 * @param hidden (rows, D)
 * @param weight (classes, D)
 * @param bias (classes)
 * @param targets (rows)
 */
export function headLossReference(
	hidden: ArrayLike<number>,
	weight: ArrayLike<number>,
	bias: ArrayLike<number> | null,
	targets: ArrayLike<number>,
	classes: number
): number {
	const width = weight.length / classes;
	let sum = 0;
	let count = 0;
	for (let row = 0; row < targets.length; row++) {
		if (targets[row] >= classes) continue;
		const logits = Array.from({ length: classes }, (_, o) => {
			let logit = bias?.[o] ?? 0;
			for (let k = 0; k < width; k++) logit += hidden[row * width + k] * weight[o * width + k];
			return logit;
		});
		const most = Math.max(...logits);
		const whole = logits.reduce((total, logit) => total + Math.exp(logit - most), 0);
		sum += Math.log(whole) + most - logits[targets[row]];
		count++;
	}
	return count > 0 ? sum / count : 0;
}
