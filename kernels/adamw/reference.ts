// AdamW in f64: Adam with decoupled weight decay. Source: Loshchilov and Hutter, Decoupled Weight Decay Regularization (2019),
// Algorithm 2, as PyTorch has it: the decay is multiplied by the learning rate, and comes before the step.

export interface ReferenceState {
	readonly parameter: Float64Array<ArrayBuffer>;
	readonly m: Float64Array<ArrayBuffer>;
	readonly v: Float64Array<ArrayBuffer>;
}

export interface ReferenceSettings {
	readonly lr: number;
	readonly beta1: number;
	readonly beta2: number;
	readonly epsilon: number;
	readonly decay: number;
	/** 1 for the first step. */
	readonly step: number;
}

/** The state after one step. */
export function adamwReference(
	before: ReferenceState,
	gradient: ArrayLike<number>,
	{ lr, beta1, beta2, epsilon, decay, step }: ReferenceSettings
): ReferenceState {
	const m = before.m.map((m, i) => beta1 * m + (1 - beta1) * gradient[i]);
	const v = before.v.map((v, i) => beta2 * v + (1 - beta2) * gradient[i] ** 2);
	const parameter = before.parameter.map((parameter, i) => {
		const mHat = m[i] / (1 - beta1 ** step);
		const vHat = v[i] / (1 - beta2 ** step);
		return parameter - lr * decay * parameter - (lr * mHat) / (Math.sqrt(vHat) + epsilon);
	});
	return { parameter, m, v };
}

/** The norm of all gradients as one vector. */
export const gradientNormReference = (gradients: readonly ArrayLike<number>[]): number =>
	Math.sqrt(
		gradients.reduce((sum, one) => Array.from(one).reduce((sum, g) => sum + g * g, sum), 0)
	);

/** What every gradient is multiplied by where their norm must not pass `maxNorm` (`torch.nn.utils.clip_grad_norm_`). */
export const clipReference = (norm: number, maxNorm: number): number =>
	Math.min(1, maxNorm / (norm + 1e-6));
