// Causal self-attention with grouped queries: queries and keys turned by where they stand, or not; keys and values kept while
// decoding.
//
// Names: q, k, v (heads · headDim) and (kvHeads · headDim), after rotary; `heads` is what the heads read out, before the output
// projection; `out` after it, before the residual. Vaswani et al. 2017, Attention is all you need; Ainslie et al. 2023, GQA;
// Su et al. 2021, RoFormer.
import { advance, attention } from '#kernels/attention/index.ts';
import { linear } from '#kernels/linear/index.ts';
import { rotary } from '#kernels/rotary/index.ts';
import type { Tensor } from '#lib/engine/index.ts';
import type { CarriedSpec } from '../architecture.ts';
import type { Scope } from '../scope.ts';
import { addedTo } from './residual.ts';
import type { LinearInput } from './norm.ts';

export const ATTENTION_TRACED = ['q', 'k', 'v', 'heads', 'out'] as const;

export interface AttentionShape {
	readonly heads: number;
	/** Heads of keys and values; each serves heads / kvHeads queries. */
	readonly kvHeads: number;
	readonly headDim: number;
	/** Dimensions of a head that turn with the position; none if 0. */
	readonly rotaryDim: number;
}

export interface AttentionNames {
	/** One linear layer each, or one with the rows of all queries, then keys, then values. */
	readonly projections: readonly [q: string, k: string, v: string] | string;
	readonly out: string;
}

/** A tensor, or some of its columns. */
interface Part {
	readonly tensor: Tensor;
	readonly columns: readonly [from: number, to: number];
}

/** residual + out(attention(q, k, v)) */
export function attentionBlock(
	scope: Scope,
	input: LinearInput,
	residual: Tensor,
	shape: AttentionShape,
	{ projections, out }: AttentionNames
): Tensor {
	const { heads, kvHeads, headDim } = shape;
	const { plan, position } = scope;
	const [q, k, v] =
		typeof projections === 'string'
			? together(scope, input, shape, projections)
			: apart(scope, input, shape, projections);
	for (const [name, part] of Object.entries({ q, k, v }))
		scope.name(name, part.tensor, part.columns);
	const kCache = scope.carried('k_cache');
	const vCache = scope.carried('v_cache');
	const read = attention(plan, {
		q: q.tensor,
		qColumns: q.columns,
		k: k.tensor,
		kColumns: k.columns,
		v: v.tensor,
		vColumns: v.columns,
		heads,
		kvHeads,
		headDim,
		...(kCache && vCache && position && { cache: { k: kCache, v: vCache, position } })
	});
	scope.name('heads', read);
	return addedTo(residual, scope, out, read);
}

/** What attention carries: keys and values of `capacity` tokens. */
export function carriedByAttention(
	path: string,
	{ kvHeads, headDim }: AttentionShape,
	batch: number,
	capacity: number
): CarriedSpec[] {
	const shape = [batch, capacity, kvHeads * headDim];
	return ['k_cache', 'v_cache'].map((name) => ({ name: `${path}.${name}`, shape }));
}

/** Why a layer of a Transformer takes no edits. */
export const noStateInTransformer = (layer: number): string =>
	`Layer ${layer} of this Transformer is attention and an MLP: it has no state to hold. Skip it, replace a word, or transplant all that is carried.`;

/** Count `by` more tokens as read. */
export function advancePosition({ plan, position }: Scope, by: number): void {
	if (position) advance(plan, position, by);
}

const whole = (tensor: Tensor): Part => ({ tensor, columns: [0, tensor.shape[2]] });

function apart(
	scope: Scope,
	input: LinearInput,
	{ heads, kvHeads, headDim, rotaryDim }: AttentionShape,
	names: readonly [q: string, k: string, v: string]
): [q: Part, k: Part, v: Part] {
	const [q, k, v] = names.map((name) => linear(scope.plan, { ...input, ...scope.linear(name) }));
	if (rotaryDim === 0) return [whole(q), whole(k), whole(v)];
	const turn = (x: Tensor, count: number) =>
		whole(turned(scope, whole(x), count, headDim, rotaryDim));
	return [turn(q, heads), turn(k, kvHeads), whole(v)];
}

/** Queries and keys stand side by side: they turn in one dispatch. */
function together(
	scope: Scope,
	input: LinearInput,
	{ heads, kvHeads, headDim, rotaryDim }: AttentionShape,
	name: string
): [q: Part, k: Part, v: Part] {
	const qkv = linear(scope.plan, { ...input, ...scope.linear(name) });
	const kFrom = heads * headDim;
	const vFrom = kFrom + kvHeads * headDim;
	const v: Part = { tensor: qkv, columns: [vFrom, vFrom + kvHeads * headDim] };
	const both: Part = { tensor: qkv, columns: [0, vFrom] };
	const qk = rotaryDim > 0 ? turned(scope, both, heads + kvHeads, headDim, rotaryDim) : qkv;
	return [{ tensor: qk, columns: [0, kFrom] }, { tensor: qk, columns: [kFrom, vFrom] }, v];
}

function turned(
	{ plan, run, position }: Scope,
	{ tensor, columns }: Part,
	heads: number,
	headDim: number,
	rotaryDim: number
): Tensor {
	if (!run.rotary) throw new Error('A rotary embedding needs its table.');
	return rotary(plan, {
		x: tensor,
		columns,
		heads,
		headDim,
		rotaryDim,
		table: run.rotary,
		...(position && { position })
	});
}
