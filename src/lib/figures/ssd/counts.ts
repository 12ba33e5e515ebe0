// What each form costs one head with L tokens, P channels and N states, counted; A, Δ and exponentials of single tokens are left out, and
// so is the skip. Source of the chunked form's steps: Dao and Gu 2024, section 6 and listing 1.

export const FORMS = ['recurrence', 'matrix', 'chunks'] as const;
export type Form = (typeof FORMS)[number];

export interface Size {
	readonly L: number;
	/** P */
	readonly headDim: number;
	/** N */
	readonly states: number;
	/** Q */
	readonly chunk: number;
}

export interface Count {
	/** Multiplications in all. */
	readonly all: number;
	/** Of them, those in products of two matrices, which matrix units can do. */
	readonly inProducts: number;
	/** Steps that wait for one another. */
	readonly inARow: number;
}

/** Multiplications of a causal square of n tokens: C·B (N a pair), decay · Δ (two a pair), and times x (P a pair). */
const square = (n: number, P: number, N: number) => {
	const pairs = (n * (n + 1)) / 2;
	return { products: pairs * (N + P), beside: 2 * pairs };
};

export function counted(form: Form, { L, headDim: P, states: N, chunk: Q }: Size): Count {
	if (form === 'recurrence')
		// A token: Δ x for P channels, and for each of P · N states the fading, the writing and the reading.
		return { all: L * (P + 3 * P * N), inProducts: 0, inARow: L };
	if (form === 'matrix') {
		const { products, beside } = square(L, P, N);
		return { all: products + beside, inProducts: products, inARow: 1 };
	}
	let [products, beside, chunks] = [0, 0, 0];
	for (let first = 0; first < L; first += Q) {
		const n = Math.min(Q, L - first);
		const within = square(n, P, N);
		// 1. The square on the diagonal.
		products += within.products;
		beside += within.beside;
		// 2. The chunk's own state: x weighed by Δ and decay (P + 1 a token), times B.
		products += n * P * N;
		beside += n * (P + 1);
		// 3. What came in fades.
		beside += P * N;
		// 4. What came in, read: times C, weighed by the decay (P a token).
		products += n * P * N;
		beside += n * P;
		chunks++;
	}
	return { all: products + beside, inProducts: products, inARow: chunks };
}

/** The chunk length, a power of two, with the fewest multiplications. */
export function cheapestChunk(size: Omit<Size, 'chunk'>): number {
	let best = 1;
	for (let chunk = 1; chunk <= size.L; chunk *= 2)
		if (counted('chunks', { ...size, chunk }).all < counted('chunks', { ...size, chunk: best }).all)
			best = chunk;
	return best;
}

/** The first length at which the matrix takes more multiplications than another form. */
export function overtakes(other: Exclude<Form, 'matrix'>, size: Omit<Size, 'L'>): number {
	let L = 1;
	while (counted('matrix', { ...size, L }).all <= counted(other, { ...size, L }).all) L++;
	return L;
}
