// A run from the stream's side as the session traces it: what the explorer asks for, and how the answer becomes an overview.
import { linearReference } from '#kernels/linear/reference.ts';
import { likeliest } from '#lib/session/next-words.ts';
import { rowOf, scaleOf, upTo, type Numbers } from './layers/run.ts';
import type { Guess, Overview, ShownToken } from './overview.ts';
import type { Asked, Picture, Values } from './pictures.ts';

/** To be asked for an overview. */
export function overviewAsks({ layers, embeddings, head, finalNorm }: Picture): Asked {
	return {
		names: [
			...Array.from({ length: layers.length + 1 }, (_, l) => `hidden.${l}`),
			...layers.flatMap(({ adds }) => adds)
		],
		weights: [...new Set([embeddings, head]), finalNorm]
	};
}

/** Words that are shown of a distribution. */
export const MOST_GUESSES = 8;

/**
 * A run from the stream's side, from what `overviewAsks` asked for.
 * @param nameOf shows a token of the vocabulary
 * @param skipped layers that were left out of the stream
 */
export function liveOverview(
	picture: Picture,
	tokens: readonly ShownToken[],
	values: Values,
	nameOf: (id: number) => string,
	skipped: ReadonlySet<number> = new Set()
): Overview {
	const { width: E, vocabulary: V, epsilon } = picture;
	const n = picture.layers.length;
	const head = values[picture.head];
	const norm = values[picture.finalNorm];
	const added = (l: number, t: number): Numbers => {
		const [first, ...more] = picture.layers[l].adds.map((name) => rowOf(values[name], E, t));
		if (skipped.has(l)) return new Float64Array(E);
		return more.length === 0
			? first
			: Float64Array.from(first, (v, i) => more.reduce((sum, row) => sum + row[i], v));
	};
	const entering = (l: number, t: number): Numbers =>
		values[`hidden.${l}`].subarray(t * E, (t + 1) * E);
	const stream = (l: number, t: number): Numbers => {
		if (l < n) return entering(l, t);
		const [before, last] = [entering(n - 1, t), added(n - 1, t)];
		return Float64Array.from(before, (v, i) => v + last[i]);
	};
	const final = (t: number): Numbers => entering(n, t);
	const logitsOf = (l: number, t: number): Float64Array => {
		const v = stream(l, t);
		const scale = scaleOf(v, epsilon);
		const normed = l === n ? final(t) : Float64Array.from(v, (value, i) => value * scale * norm[i]);
		return linearReference(normed, head, { rows: 1, in: E, out: V });
	};
	const guesses = new Map<string, readonly Guess[]>();
	const guess = (l: number, t: number): readonly Guess[] => {
		const key = `${l} ${t}`;
		const found = guesses.get(key);
		if (found) return found;
		const logits = logitsOf(l, t);
		const most = logits.reduce((a, b) => Math.max(a, b));
		const total = logits.reduce((sum, logit) => sum + Math.exp(logit - most), 0);
		const made = likeliest(logits, MOST_GUESSES).map((id) => ({
			id,
			word: nameOf(id),
			logit: logits[id],
			p: Math.exp(logits[id] - most) / total
		}));
		guesses.set(key, made);
		return made;
	};
	return {
		tokens,
		layers: n,
		dims: upTo(E),
		width: E,
		vocabulary: V,
		stream,
		added,
		size: (l, t) => lengthOf(stream(l, t)),
		addedSize: (l, t) => lengthOf(added(l, t)),
		guess,
		logits: logitsOf,
		final: {
			weight: norm,
			scale: (t) => scaleOf(stream(n, t), epsilon),
			row: final,
			head: (id) => head.subarray(id * E, (id + 1) * E)
		}
	};
}

const lengthOf = (v: Numbers): number => {
	let squares = 0;
	for (let i = 0; i < v.length; i++) squares += v[i] * v[i];
	return Math.sqrt(squares);
};
