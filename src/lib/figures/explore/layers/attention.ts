// The attention of a layer, alone in a hybrid's or before a perceptron in a Transformer's: its operations, what to ask a run for, and how
// each number came about. Queries, keys, values and what the heads read are as the run traced them; scores and shares, which the kernels
// never write down, are worked out here for the token that is looked at.
//
// Source: Vaswani et al., Attention is all you need (2017), equation 1; Ainslie et al., GQA (2023); Su et al., RoFormer (2021).
import type { Asked, LayerPicture, Values } from '../pictures.ts';
import { listed, type OperationId, type Row } from '../operations.ts';
import type { StateEdits } from './edits.ts';
import type { Transplant } from './inputs.ts';
import {
	columnLengths,
	each,
	fixed,
	LayerRun,
	summed,
	term,
	upTo,
	type Cells,
	type LayerParts,
	type Making,
	type Makings,
	type Numbers,
	type Term
} from './run.ts';
import { entering, projected, residual, rmsNormed, tracedRows, type Rows } from './stream.ts';

export interface AttentionShape {
	readonly hiddenSize: number;
	readonly heads: number;
	/** Heads of keys and values; each serves heads / kvHeads queries. */
	readonly kvHeads: number;
	readonly headDim: number;
	/** Dimensions of a head that turn with the position, the first ones, and the base of their angles. */
	readonly rotary: { readonly dimensions: number; readonly base: number } | null;
	readonly bias: boolean;
}

/** From what is normed to what is added to the stream. */
export function attentionRows({
	heads,
	kvHeads,
	rotary
}: AttentionShape): Partial<Record<OperationId, Row | null>> {
	const keys = kvHeads < heads ? 'key' : 'channel';
	return {
		q0: rotary && { axis: 'channel', from: ['norm'], rail: 'gate', group: 'ask' },
		k0: rotary && { axis: keys, from: ['norm'], rail: 'selected' },
		q: rotary
			? { axis: 'channel', from: ['q0'], rail: 'gate' }
			: { axis: 'channel', from: ['norm'], rail: 'gate', group: 'ask' },
		k: { axis: keys, from: [rotary ? 'k0' : 'norm'], rail: 'selected' },
		v: { axis: keys, from: ['norm'], rail: 'x' },
		score: {
			axis: 'head',
			second: 'token',
			from: ['q', 'k'],
			rail: 'selected',
			group: 'compare'
		},
		share: { axis: 'head', second: 'token', from: ['score'], rail: 'selected' },
		heads: { axis: 'channel', from: ['share', 'v'], rail: 'x', group: 'read' },
		out: { axis: 'stream', from: ['heads'], rail: 'x' }
	};
}

export const attentionLengths = ({ heads, kvHeads, headDim }: AttentionShape) => ({
	channel: heads * headDim,
	...(kvHeads < heads && { key: kvHeads * headDim }),
	head: heads
});

/** @param path `layers.3.self_attn` */
export const attentionAsks = (path: string, { bias }: AttentionShape): Asked => ({
	names: ['q', 'k', 'v', 'heads', 'out'].map((name) => `${path}.${name}`),
	weights: ['q_proj', 'k_proj', 'v_proj', 'o_proj'].flatMap((name) => [
		`${path}.${name}.weight`,
		...(bias ? [`${path}.${name}.bias`] : [])
	])
});

/** How much each channel of what the heads read adds to the stream at most: its size times the length of its column of o_proj. */
export function attentionSizes(
	{ heads, headDim }: AttentionShape,
	path: string,
	values: Values,
	row: Cells['row']
): LayerParts['sizes'] {
	const reach = columnLengths(values[`${path}.o_proj.weight`], heads * headDim);
	return {
		channel: (t) => {
			const read = row('heads', t);
			return each(read, (d) => Math.abs(read[d]) * reach[d]);
		}
	};
}

/** An attention layer of a hybrid. */
export function attentionLayer(
	shape: AttentionShape,
	layer: number,
	epsilon: number
): LayerPicture {
	const [path, norm] = [`layers.${layer}.mixer`, `layers.${layer}.norm.weight`];
	const asked = attentionAsks(path, shape);
	const lengths = { stream: shape.hiddenSize, ...attentionLengths(shape) };
	const operations = listed(
		{
			input: { axis: 'stream', from: [], rail: 'stream' },
			norm: { axis: 'stream', from: ['input'], rail: 'x', group: 'prepare' },
			...attentionRows(shape),
			next: { axis: 'stream', from: ['input', 'out'], rail: 'stream' }
		},
		lengths
	);
	const open = (
		length: number,
		values: Values,
		edits: StateEdits | null,
		transplants: readonly Transplant[]
	): LayerRun => {
		const row: Cells['row'] = (operation, t) => run.row(operation, t);
		const run: LayerRun = new LayerRun(
			{
				...{ layer, length, operations, states: 0, whole: true },
				axes: Object.fromEntries(Object.entries(lengths).map(([axis, n]) => [axis, upTo(n)])),
				sizes: {
					...attentionSizes(shape, path, values, row),
					stream: (t) => each(row('out', t), (i) => Math.abs(row('out', t)[i]))
				},
				memory: null,
				carriedInputs: null
			},
			(cells) => ({
				input: entering(tracedRows(values, `hidden.${layer}`, shape.hiddenSize)),
				norm: rmsNormed(cells, 'input', values[norm], epsilon),
				...attentionMakings(shape, path, values, cells, transplants),
				next: residual(cells, 'input', 'out', edits?.skipped)
			})
		);
		return run;
	};
	return {
		kind: 'attention',
		operations,
		asks: { names: [`hidden.${layer}`, ...asked.names], weights: [norm, ...asked.weights] },
		adds: [`${path}.out`],
		open
	};
}

export function attentionMakings(
	shape: AttentionShape,
	path: string,
	values: Values,
	cells: Cells,
	transplants: readonly Transplant[]
): Makings {
	const { hiddenSize: E, heads, kvHeads, headDim, rotary } = shape;
	const linear = (name: string, out: number, width = E) => ({
		weight: values[`${path}.${name}.weight`],
		bias: values[`${path}.${name}.bias`] as Float32Array | undefined,
		...{ in: width, out }
	});
	const [D, K] = [heads * headDim, kvHeads * headDim];
	const traced = (name: string, width: number) => tracedRows(values, `${path}.${name}`, width);
	const [qProj, kProj] = [linear('q_proj', D), linear('k_proj', K)];
	const [q, k] = [traced('q', D), traced('k', K)];
	const place = (t: number) => seenAt(transplants, t);
	return {
		...(rotary
			? {
					q0: projected(cells, 'norm', qProj),
					k0: projected(cells, 'norm', kProj),
					q: turned(cells, 'q0', headDim, rotary, place, q),
					k: turned(cells, 'k0', headDim, rotary, place, k)
				}
			: {
					q: projected(cells, 'norm', qProj, q),
					k: projected(cells, 'norm', kProj, k)
				}),
		v: projected(cells, 'norm', linear('v_proj', K), traced('v', K)),
		...comparing(shape, cells, place, traced('heads', D)),
		out: projected(cells, 'heads', linear('o_proj', E, D), traced('out', E))
	};
}

/** Whom a token sees: the tokens of this text from `first` to itself, and before them those of another text whose cache was put there. */
interface Seen {
	readonly first: number;
	readonly foreign: readonly { readonly run: LayerRun; readonly token: number }[];
	/** How many tokens are before it. */
	readonly position: number;
}

function seenAt(transplants: readonly Transplant[], t: number): Seen {
	let last: Transplant | null = null;
	for (const one of transplants) if (one.token <= t && one.token > (last?.token ?? -1)) last = one;
	if (!last) return { first: 0, foreign: [], position: t };
	const { run, at, token: first } = last;
	const foreign = upTo(at + 1).map((token) => ({ run, token }));
	return { first, foreign, position: at + 1 + t - first };
}

/**
 * Rotary positions: dimension i of a head and i + half turn together by position · base^(−2i / dimensions); the others pass. A number is
 * cos · its own − sin · the other's, and in the second half + sin.
 */
function turned(
	cells: Cells,
	from: 'q0' | 'k0',
	headDim: number,
	{ dimensions, base }: { readonly dimensions: number; readonly base: number },
	place: (t: number) => Seen,
	row: Rows
): Making {
	const half = dimensions / 2;
	return {
		row,
		made: (c, t) => {
			const i = c % headDim;
			const own = cells.cell(from, c, t);
			if (i >= dimensions) return summed([term(own)]);
			const angle = place(t).position * base ** (-(2 * (i % half)) / dimensions);
			const other = cells.cell(from, i < half ? c + half : c - half, t);
			const sine = i < half ? -Math.sin(angle) : Math.sin(angle);
			return summed([term(fixed('cos', Math.cos(angle)), own), term(fixed('sin', sine), other)]);
		}
	};
}

/** Scores, shares, and what the heads read. */
function comparing(
	{ heads, kvHeads, headDim }: AttentionShape,
	cells: Cells,
	place: (t: number) => Seen,
	read: Rows
): Makings {
	const root = 1 / Math.sqrt(headDim);
	/** Where the keys and values of a head begin. */
	const kvAt = (head: number) => Math.floor((head * kvHeads) / heads) * headDim;
	const scoreOf = (q: Numbers, k: Numbers, head: number): number => {
		const [from, to] = [head * headDim, kvAt(head)];
		let sum = 0;
		for (let i = 0; i < headDim; i++) sum += q[from + i] * k[to + i];
		return sum * root;
	};
	/** m, the largest score that a head sees, 1 / Σ e^(s − m), and the shares of another text's tokens. */
	const wholeOf = (head: number, t: number) => {
		const { first, foreign } = place(t);
		const [q, scores] = [cells.row('q', t), cells.row('score', t)];
		const others = foreign.map(({ run, token }) => scoreOf(q, run.row('k', token), head));
		const own = Array.from({ length: t + 1 - first }, (_, s) => scores[head * (t + 1) + first + s]);
		const largest = [...own, ...others].reduce((a, b) => Math.max(a, b));
		const powers = others.map((score) => Math.exp(score - largest));
		const total = own.reduce(
			(sum, score) => sum + Math.exp(score - largest),
			powers.reduce((sum, power) => sum + power, 0)
		);
		return { first, largest, share: 1 / total, foreign: powers.map((power) => power / total) };
	};
	return {
		// Of every word of this text so far, even where another text's cache has taken the place of some.
		score: {
			row: (t) => {
				const q = cells.row('q', t);
				const keys = upTo(t + 1).map((s) => cells.row('k', s));
				return each({ length: heads * (t + 1) }, (at) =>
					scoreOf(q, keys[at % (t + 1)], Math.floor(at / (t + 1)))
				);
			},
			made: (head, t, s) =>
				summed(
					upTo(headDim).map((i) =>
						term(
							fixed('root', root),
							cells.cell('q', head * headDim + i, t),
							cells.cell('k', kvAt(head) + i, s)
						)
					)
				)
		},
		// e^(s − m) / Σ e^(s − m) as a product of two: the first factor points at its score.
		share: {
			row: (t) => {
				const scores = cells.row('score', t);
				const wholes = upTo(heads).map((head) => wholeOf(head, t));
				return each(scores, (at) => {
					const { first, largest, share } = wholes[Math.floor(at / (t + 1))];
					return at % (t + 1) < first ? 0 : Math.exp(scores[at] - largest) * share;
				});
			},
			made: (head, t, s) => {
				const { first, largest, share } = wholeOf(head, t);
				if (s < first) return summed([term(fixed('held', 0))]);
				const score = cells.cell('score', head, t, s);
				const power = Math.exp(score.value - largest);
				return summed([
					term({ ...score, symbol: 'exp-score', value: power }, fixed('total', share))
				]);
			}
		},
		heads: {
			row: read,
			made: (c, t) => {
				const head = Math.floor(c / headDim);
				const kv = kvAt(head) + (c % headDim);
				const { foreign, first } = place(t);
				const shares = foreign.length > 0 ? wholeOf(head, t).foreign : [];
				const others: Term[] = foreign.map(({ run, token }, i) =>
					term(fixed('share', shares[i]), fixed('v', run.row('v', token)[kv]))
				);
				const own = Array.from({ length: t + 1 - first }, (_, i) =>
					term(cells.cell('share', head, t, first + i), cells.cell('v', kv, first + i))
				);
				return summed([...others, ...own]);
			}
		}
	};
}
