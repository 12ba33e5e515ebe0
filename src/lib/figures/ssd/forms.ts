// One head of Mamba-2 over one text, computed in three forms, in plain float64 and without the skip: as a recurrence, as one matrix, and
// in chunks. Source: Dao and Gu 2024, Transformers are SSMs, sections 3.2, 5.1 and 6; listing 1.

/** What a head is given: L tokens, P channels, N states. */
export interface Head {
	/** P */
	readonly headDim: number;
	/** N */
	readonly stateSize: number;
	/** (L, P) */
	readonly x: ArrayLike<number>;
	/** (L), as it is used */
	readonly delta: ArrayLike<number>;
	/** One number for the whole head, negative. */
	readonly A: number;
	/** (L, N) */
	readonly B: ArrayLike<number>;
	/** (L, N) */
	readonly C: ArrayLike<number>;
}

/** What the four steps leave behind. `own`, `before` and `after` have one (P, N) for each chunk. */
export interface Chunked {
	/** 1 (L, P): what tokens of the same chunk add. */
	readonly within: Float64Array;
	/** 2: what each chunk by itself leaves in the state. */
	readonly own: readonly Float64Array[];
	/** 3: the state before each chunk, and after it. */
	readonly before: readonly Float64Array[];
	readonly after: readonly Float64Array[];
	/** 4 (L, P): what the state before the chunk adds. */
	readonly through: Float64Array;
	/** Their sum. */
	readonly y: Float64Array;
}

/** Token after token: y (L, P), and the state (P, N) after each token. */
export function recurrence({ headDim: P, stateSize: N, x, delta, A, B, C }: Head) {
	const y = new Float64Array(x.length);
	const states: Float64Array[] = [];
	let h = new Float64Array(P * N);
	for (let t = 0; t < delta.length; t++) {
		const decay = Math.exp(delta[t] * A);
		h = h.map((old, i) => {
			const [p, n] = [Math.floor(i / N), i % N];
			return decay * old + delta[t] * x[t * P + p] * B[t * N + n];
		});
		for (let i = 0; i < P * N; i++) y[t * P + Math.floor(i / N)] += C[t * N + (i % N)] * h[i];
		states.push(h);
	}
	return { y, states };
}

/** (L): A (Δ_0 + … + Δ_t). */
export function decaySums({ delta, A }: Pick<Head, 'delta' | 'A'>): Float64Array {
	let sum = 0;
	return Float64Array.from(delta, (step) => (sum += step * A));
}

/** (L, L): what x of token j adds to y of token t, in row t and column j. Zero above the diagonal: no token hears of a later one. */
export function matrixOf({ stateSize: N, delta, A, B, C }: Omit<Head, 'x'>): Float64Array {
	const L = delta.length;
	const sums = decaySums({ delta, A });
	const matrix = new Float64Array(L * L);
	for (let t = 0; t < L; t++)
		for (let j = 0; j <= t; j++) {
			let likeness = 0;
			for (let n = 0; n < N; n++) likeness += C[t * N + n] * B[j * N + n];
			matrix[t * L + j] = likeness * Math.exp(sums[t] - sums[j]) * delta[j];
		}
	return matrix;
}

/** y (L, P) = matrix · x */
export function applied(matrix: ArrayLike<number>, x: ArrayLike<number>, P: number): Float64Array {
	const L = x.length / P;
	return Float64Array.from(x, (_, i) => {
		const [t, p] = [Math.floor(i / P), i % P];
		let y = 0;
		for (let j = 0; j <= t; j++) y += matrix[t * L + j] * x[j * P + p];
		return y;
	});
}

/** In chunks of Q tokens, the last of which may be shorter: the four steps of listing 1. */
export function inChunks(head: Head, Q: number): Chunked {
	const { headDim: P, stateSize: N, x, delta, B, C } = head;
	const L = delta.length;
	const sums = decaySums(head);
	const matrix = matrixOf(head);
	const [within, through] = [new Float64Array(L * P), new Float64Array(L * P)];
	const own: Float64Array[] = [];
	const before: Float64Array[] = [];
	const after: Float64Array[] = [];
	for (let first = 0; first < L; first += Q) {
		const last = Math.min(first + Q, L) - 1;
		// The sum up to the end of the chunk before.
		const start = first > 0 ? sums[first - 1] : 0;
		// 1. Within the chunk: its square on the diagonal, times x.
		for (let t = first; t <= last; t++)
			for (let j = first; j <= t; j++)
				for (let p = 0; p < P; p++) within[t * P + p] += matrix[t * L + j] * x[j * P + p];
		// 2. The chunk's own state, as if nothing had been before it.
		const made = new Float64Array(P * N);
		for (let j = first; j <= last; j++) {
			const weight = Math.exp(sums[last] - sums[j]) * delta[j];
			for (let i = 0; i < P * N; i++)
				made[i] += weight * x[j * P + Math.floor(i / N)] * B[j * N + (i % N)];
		}
		// 3. From chunk to chunk: what came in fades by the whole chunk, and the chunk's own is added.
		const came = after.at(-1) ?? new Float64Array(P * N);
		const fade = Math.exp(sums[last] - start);
		own.push(made);
		before.push(came);
		after.push(came.map((old, i) => fade * old + made[i]));
		// 4. What came in, read by each token of the chunk.
		for (let t = first; t <= last; t++) {
			const weight = Math.exp(sums[t] - start);
			for (let i = 0; i < P * N; i++)
				through[t * P + Math.floor(i / N)] += weight * C[t * N + (i % N)] * came[i];
		}
	}
	return { within, own, before, after, through, y: within.map((y, i) => y + through[i]) };
}

/** The largest difference of any two of them, number by number. */
export const largestDifference = (all: readonly ArrayLike<number>[]): number =>
	Array.from(all[0]).reduce((most, _, i) => {
		const values = all.map((one) => one[i]);
		return Math.max(most, Math.max(...values) - Math.min(...values));
	}, 0);

export const largestOf = (values: ArrayLike<number>): number =>
	Array.from(values).reduce((most, value) => Math.max(most, Math.abs(value)), 0);
