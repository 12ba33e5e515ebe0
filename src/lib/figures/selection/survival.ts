// How long what a token wrote stays in the state of a layer.

/** One Mamba layer over a text of L tokens, with D channels of N states. */
export interface Layer {
	/** (L, D) */
	readonly delta: ArrayLike<number>;
	/** (L, D): x, the SSM's input. */
	readonly x: ArrayLike<number>;
	/** (L, N) */
	readonly B: ArrayLike<number>;
	/** (D, N) */
	readonly A: ArrayLike<number>;
	readonly channels: number;
}

/**
 * For each token j a row: the norm of what it wrote, at its own token and at each later one, as a share of the norm at its own: what
 * ∏ Ā has left of it. With B̄ = ΔB.
 */
export function survival({ delta, x, B, A, channels: D }: Layer): number[][] {
	const L = delta.length / D;
	const N = A.length / D;
	const keep = Array.from({ length: L }, (_, t) =>
		Float64Array.from({ length: D * N }, (_, i) =>
			Math.exp(delta[t * D + Math.floor(i / N)] * A[i])
		)
	);
	return Array.from({ length: L }, (_, j) => {
		const left = Float64Array.from({ length: D * N }, (_, i) => {
			const d = Math.floor(i / N);
			return delta[j * D + d] * B[j * N + (i % N)] * x[j * D + d];
		});
		const norm = () => Math.sqrt(left.reduce((sum, v) => sum + v * v, 0));
		const whole = norm();
		const row = [1];
		for (let t = j + 1; t < L; t++) {
			const kept = keep[t];
			for (let i = 0; i < left.length; i++) left[i] *= kept[i];
			row.push(whole > 0 ? norm() / whole : 0);
		}
		return row;
	});
}

/** Of each token, the q-quantile of Δ over the channels. */
export function spread(delta: ArrayLike<number>, channels: number, quantiles: readonly number[]) {
	const L = delta.length / channels;
	return Array.from({ length: L }, (_, t) => {
		const row = Array.from({ length: channels }, (_, d) => delta[t * channels + d]).sort(
			(a, b) => a - b
		);
		return quantiles.map((q) => row[Math.round(q * (channels - 1))]);
	});
}

/** The chance that a value of the first kind is larger than one of the second; ½ where nothing separates them. */
export function separation(values: ArrayLike<number>, isFirst: readonly boolean[]): number {
	const order = Array.from(isFirst.keys()).sort((a, b) => values[a] - values[b]);
	let [ranks, first] = [0, 0];
	for (let from = 0; from < order.length;) {
		// Equal values share their mean rank.
		let to = from;
		while (to < order.length && values[order[to]] === values[order[from]]) to++;
		for (let i = from; i < to; i++)
			if (isFirst[order[i]]) {
				ranks += (from + to + 1) / 2;
				first++;
			}
		from = to;
	}
	const other = order.length - first;
	return first && other ? (ranks - (first * (first + 1)) / 2) / (first * other) : NaN;
}
