// One step of AdamW on the processor, in f64, kept in f32.

export interface AdamwArrays {
	/** Updated in place, as m and v are. */
	readonly parameter: Float32Array;
	readonly gradient: Float32Array;
	readonly m: Float32Array;
	readonly v: Float32Array;
	/** lr, β₁, β₂, ε, decay, step */
	readonly settings: Float32Array;
}

/** @param clip a factor on every gradient */
export function adamwCpu(
	{ parameter, gradient, m, v, settings }: AdamwArrays,
	decays: boolean,
	clip: number
): void {
	const [lr, beta1, beta2, epsilon, decay, step] = settings;
	const rate = lr / (1 - beta1 ** step);
	const root = Math.sqrt(1 - beta2 ** step);
	const keep = decays ? 1 - lr * decay : 1;
	for (let i = 0; i < parameter.length; i++) {
		const g = clip * gradient[i];
		const mean = beta1 * m[i] + (1 - beta1) * g;
		const square = beta2 * v[i] + (1 - beta2) * g * g;
		m[i] = mean;
		v[i] = square;
		parameter[i] = keep * parameter[i] - (rate * mean) / (Math.sqrt(square) / root + epsilon);
	}
}
