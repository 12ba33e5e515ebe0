// h = a h + b as a scan of pairs, in plain float64, with every combination written down: Hillis and Steele 1986; Blelloch 1990,
// section 1.4; and by chunks in three passes.

/** One token's step h → a h + b, or several of them after one another. */
export interface Pair {
	readonly a: number;
	readonly b: number;
}

export type ScanVersion = 'sequential' | 'hillis_steele' | 'blelloch' | 'chunked';

/** One combination. Those of a level do not depend on one another. */
export interface Combination {
	/** Where the result goes. */
	readonly at: number;
	readonly earlier: Pair;
	readonly later: Pair;
	readonly result: Pair;
}

export interface ScanTrace {
	/** The pair of all tokens up to each: its b is the state h, from a state of zero. */
	readonly pairs: readonly Pair[];
	/** Combinations by level: a level needs those before it. */
	readonly levels: readonly (readonly Combination[])[];
}

/** First `earlier`, then `later`: (a₂a₁, a₂b₁ + b₂). Associative, not commutative. */
export const combine = (earlier: Pair, later: Pair): Pair => ({
	a: later.a * earlier.a,
	b: later.a * earlier.b + later.b
});

/** The step that changes nothing. */
export const IDENTITY: Pair = { a: 1, b: 0 };

/**
 * Inclusive scan of one channel.
 * @param tokens (L), any L from 0 on
 * @param chunk tokens a chunk; only `chunked` reads it
 * @param operator another than `combine`, to see what becomes of it
 */
export function associativeScanReference(
	tokens: readonly Pair[],
	version: ScanVersion,
	chunk = 4,
	operator: (earlier: Pair, later: Pair) => Pair = combine
): ScanTrace {
	const length = tokens.length;
	const levels: Combination[][] = [];
	/** All operands of a level are read before any result is written. */
	const level = (pairs: Pair[], wanted: readonly (readonly [at: number, earlier: Pair])[]) => {
		const made = wanted.map(([at, earlier]) => ({
			at,
			earlier,
			later: pairs[at],
			result: operator(earlier, pairs[at])
		}));
		for (const { at, result } of made) pairs[at] = result;
		if (made.length > 0) levels.push(made);
	};
	const every = (from: number, stride: number) =>
		Array.from(
			{ length: Math.max(0, Math.ceil((length - from) / stride)) },
			(_, i) => from + i * stride
		);
	const pairs = [...tokens];

	if (version === 'sequential') {
		for (let t = 1; t < length; t++) level(pairs, [[t, pairs[t - 1]]]);
		return { pairs, levels };
	}
	if (version === 'hillis_steele') {
		for (let reach = 1; reach < length; reach *= 2)
			level(
				pairs,
				every(reach, 1).map((t) => [t, pairs[t - reach]] as const)
			);
		return { pairs, levels };
	}
	if (version === 'chunked') {
		if (!(chunk >= 1)) throw new RangeError(`A chunk of ${chunk} tokens.`);
		// Each chunk for itself; the chunks' ends one after another; then what came before, into every chunk.
		for (let i = 1; i < chunk; i++)
			level(
				pairs,
				every(i, chunk).map((t) => [t, pairs[t - 1]] as const)
			);
		const ends = every(0, chunk).map((t) => Math.min(t + chunk, length) - 1);
		for (let i = 1; i < ends.length; i++) level(pairs, [[ends[i], pairs[ends[i - 1]]]]);
		level(
			pairs,
			every(chunk, 1)
				.filter((t) => !ends.includes(t))
				.map((t) => [t, pairs[Math.floor(t / chunk) * chunk - 1]] as const)
		);
		return { pairs, levels };
	}

	// Blelloch: sums up a tree whose leaves are filled up to a power of two, then down what came before each node.
	let leaves = 1;
	while (leaves < length) leaves *= 2;
	const tree = [...tokens, ...Array.from({ length: leaves - length }, () => IDENTITY)];
	const nodes = (stride: number) =>
		Array.from({ length: leaves / stride }, (_, i) => (i + 1) * stride - 1);
	for (let stride = 2; stride <= leaves; stride *= 2)
		level(
			tree,
			nodes(stride).map((at) => [at, tree[at - stride / 2]] as const)
		);
	tree[leaves - 1] = IDENTITY;
	for (let stride = leaves; stride >= 2; stride /= 2) {
		// The left child takes what came before its parent; the right one that and then the left child's sum.
		const made = nodes(stride).map((at) => {
			const left = tree[at - stride / 2];
			return { at, earlier: tree[at], later: left, result: operator(tree[at], left) };
		});
		for (const { at, earlier, result } of made) {
			tree[at - stride / 2] = earlier;
			tree[at] = result;
		}
		levels.push(made);
	}
	// What came before each token, and then the token itself.
	const last = tokens.map((later, at) => ({
		at,
		earlier: tree[at],
		later,
		result: operator(tree[at], later)
	}));
	if (length > 0) levels.push(last);
	return { pairs: last.map(({ result }) => result), levels };
}

/** How many combinations a scan of `length` tokens makes. */
export function work(version: ScanVersion, length: number, chunk = 4): number {
	if (length === 0) return 0;
	if (version === 'sequential') return length - 1;
	const logarithm = Math.ceil(Math.log2(length));
	if (version === 'hillis_steele') return length * logarithm - 2 ** logarithm + 1;
	if (version === 'blelloch') return 2 * (2 ** logarithm - 1) + length;
	const chunks = Math.ceil(length / chunk);
	// Within the chunks, over their ends, and into all tokens after the first chunk that are not an end.
	return length - chunks + (chunks - 1) + Math.max(0, length - chunk - (chunks - 1));
}

/** How many levels a scan of `length` tokens has: its time, were there processors enough. */
export function depth(version: ScanVersion, length: number, chunk = 4): number {
	if (length === 0) return 0;
	if (version === 'sequential') return length - 1;
	const logarithm = Math.ceil(Math.log2(length));
	if (version === 'hillis_steele') return logarithm;
	if (version === 'blelloch') return 2 * logarithm + 1;
	const chunks = Math.ceil(length / chunk);
	const spread = length - chunk - (chunks - 1) > 0 ? 1 : 0;
	return Math.min(chunk, length) - 1 + (chunks - 1) + spread;
}
