// Cross-entropy on the processor: the loss of each row, and the gradient of its logits.
import { exp } from '../lib/exp.ts';

/** Rows of logits (rows, classes), whose targets and losses begin at row `first`. */
export interface CrossEntropyCpu {
	readonly logits: Float32Array;
	readonly classes: number;
	readonly first: number;
	readonly targets: Uint32Array;
	/** (rows): log Σ exp(logits) */
	readonly normaliser: Float32Array;
}

/** The loss and the normaliser of each row. */
export function rowLossesCpu(given: CrossEntropyCpu, losses: Float32Array): void {
	const { logits, classes, first, targets, normaliser } = given;
	for (let row = 0; row < normaliser.length; row++) {
		const from = row * classes;
		let most = logits[from];
		for (let k = 1; k < classes; k++) if (logits[from + k] > most) most = logits[from + k];
		let sum = 0;
		for (let k = 0; k < classes; k++) sum += exp(logits[from + k] - most);
		const whole = most + Math.log(sum);
		normaliser[row] = whole;
		const wanted = targets[first + row];
		losses[first + row] = wanted < classes ? whole - logits[from + wanted] : 0;
	}
}

/** 1 / how many of the targets are classes; 0 where none is. */
export function shareCpu(targets: Uint32Array, classes: number): number {
	let count = 0;
	for (let row = 0; row < targets.length; row++) if (targets[row] < classes) count++;
	return count > 0 ? 1 / count : 0;
}

/** scale · (softmax(logits) − [k = target]), plus `sofar`; rows whose target is none of the classes give nothing. */
export function logitGradientsCpu(
	given: CrossEntropyCpu,
	scale: number,
	sofar: Float32Array | null,
	to: Float32Array
): void {
	const { logits, classes, first, targets, normaliser } = given;
	for (let row = 0; row < normaliser.length; row++) {
		const from = row * classes;
		const wanted = targets[first + row];
		if (wanted < classes) {
			const whole = normaliser[row];
			for (let k = 0; k < classes; k++) to[from + k] = scale * exp(logits[from + k] - whole);
			to[from + wanted] -= scale;
		} else to.fill(0, from, from + classes);
		if (sofar) for (let k = 0; k < classes; k++) to[from + k] += sofar[from + k];
	}
}
