// Causal self-attention with grouped queries and, for decoding, a cache of keys and values.
//
//   version 1, `row`: an invocation a query, online softmax, no barrier
//   version 2, `materialised`: scores and shares in memory, in three steps that can be looked at
//   version 3, `flash`: tiles of 64 queries × 64 keys in workgroup memory; without a cache
//   version 4, `flash_wide`: tiles of up to 128 × 32, eight queries by four keys in registers; any sizes, with a cache and without
//   version 5, `decode`: one new token, a workgroup a head and 1024 keys
import {
	expectShape,
	ShapeError,
	type GradientFlow,
	type PlanBuilder,
	type Scalar,
	type Step,
	type Tensor,
	type Views
} from '#lib/engine/types.ts';
import advanceCode from './advance.wgsl';
import appendCode from './append.wgsl';
import backwardKeyCode from './backward_key.wgsl';
import backwardKeysApartCode from './backward_keys_apart.wgsl';
import backwardKeysTogetherCode from './backward_keys_together.wgsl';
import backwardQueriesTiledCode from './backward_queries_tiled.wgsl';
import backwardQueryCode from './backward_query.wgsl';
import backwardThroughCode from './backward_through.wgsl';
import {
	attentionBackwardCpu,
	attentionCpu,
	attentionReadCpu,
	attentionScoresCpu,
	attentionSharesCpu
} from './cpu.ts';
import decodeFourCode from './decode_four.wgsl';
import decodeOneCode from './decode_one.wgsl';
import flashCode from './flash.wgsl';
import flashWideFourCode from './flash_wide_four.wgsl';
import flashWideOneCode from './flash_wide_one.wgsl';
import joinCode from './join.wgsl';
import readCode from './materialised_read.wgsl';
import scoresCode from './materialised_scores.wgsl';
import sharesCode from './materialised_shares.wgsl';
import rowCode from './row.wgsl';

type Columns = readonly [from: number, to: number];

/** Keys and values of the tokens before. */
export interface KvCache {
	/** (batch, capacity, kvHeads · headDim), written in place. */
	readonly k: Tensor;
	readonly v: Tensor;
	/** u32 (1): tokens already in it. `advance` counts it on, once all layers have read it. */
	readonly position: Tensor;
}

export interface AttentionOptions {
	/** (batch, L, any): heads side by side. */
	readonly q: Tensor;
	/** Which columns of q; all of them unless told. Likewise k and v. */
	readonly qColumns?: Columns;
	readonly k: Tensor;
	readonly kColumns?: Columns;
	readonly v: Tensor;
	readonly vColumns?: Columns;
	readonly heads: number;
	/** Heads of keys and values; a whole number of query heads shares each. */
	readonly kvHeads: number;
	readonly headDim: number;
	/** 1/√headDim unless told. */
	readonly scale?: number;
	/** The new keys and values are appended, and queries see all before them. */
	readonly cache?: KvCache | undefined;
	/**
	 * `flash` needs a text without a cache, 256 invocations and 16 KB a workgroup, heads of at most 128, and sizes, strides and
	 * columns in fours; `decode` one token; `materialised` room for all scores in a binding. On the processor `materialised` is a
	 * version of its own, the others are the same.
	 */
	readonly version?: AttentionVersion | undefined;
	/** Gets what `materialised` leaves in memory. Keep what should be read after the run. */
	readonly inspect?: ((part: AttentionPart, tensor: Tensor) => void) | undefined;
}

export const ATTENTION_VERSIONS = ['row', 'materialised', 'flash', 'flash_wide', 'decode'] as const;
export type AttentionVersion = (typeof ATTENTION_VERSIONS)[number];

/** (batch, heads, L, keys) both: q kᵀ · scale, −1e30 where a key is not seen, and the softmax of its rows. */
export type AttentionPart = 'scores' | 'shares';

interface Heads {
	readonly tensor: Tensor;
	readonly stride: number;
	readonly first: number;
	readonly columns: Columns;
}

const MOST_GROUPS = 65535;
const FLASH_BYTES = 16384;
const FLASH_WIDEST = 128;
const FLASH_SHORTEST = 64;
/** Keys from which on the wider tiles are faster. */
const WIDE_FROM = 4096;
/** Workgroup memory of 128 queries × 32 keys, and of 64 × 32. */
const WIDE_BYTES = 24576;
const NARROW_BYTES = 16384;
/** Workgroup memory of the way back in tiles. */
const TILED_BYTES = 16384;
/** Keys of a workgroup of decode.wgsl. */
const SPAN = 1024;

/**
 * softmax(q kᵀ · scale) v in each head, each token seeing those up to itself; (batch, L, heads · headDim). Throws a ShapeError for
 * tensors that do not fit. Source: Vaswani et al. 2017; Ainslie et al. 2023 (grouped queries).
 */
export function attention(plan: PlanBuilder, options: AttentionOptions): Tensor {
	const { heads, kvHeads, headDim, cache } = options;
	if (heads % kvHeads !== 0)
		throw new ShapeError(`attention: ${heads} heads cannot share ${kvHeads} of keys and values.`);
	expectShape('attention: q', options.q, [-1, -1, -1]);
	const [batch, time] = options.q.shape;
	const part = (
		name: string,
		tensor: Tensor,
		columns: Columns | undefined,
		count: number
	): Heads => {
		expectShape(`attention: ${name}`, tensor, [batch, time, -1]);
		const stride = tensor.shape[2];
		const [from, to] = columns ?? [0, stride];
		if (from < 0 || to > stride || to - from !== count * headDim)
			throw new ShapeError(
				`attention: columns ${from}…${to} of ${name}, which has ${stride}; ${count} heads of ${headDim} need ${count * headDim}.`
			);
		return { tensor, stride, first: from, columns: [from, to] };
	};
	const q = part('q', options.q, options.qColumns, heads);
	const newK = part('k', options.k, options.kColumns, kvHeads);
	const newV = part('v', options.v, options.vColumns, kvHeads);
	const width = kvHeads * headDim;
	if (cache) append(plan, newK, newV, cache, width);
	const whole = (tensor: Tensor): Heads => ({
		tensor,
		stride: width,
		first: 0,
		columns: [0, width]
	});
	const k = cache ? whole(cache.k) : newK;
	const v = cache ? whole(cache.v) : newV;
	const keys = k.tensor.shape[1];

	const y = plan.tensor([batch, time, heads * headDim], 'attention');
	const sums = plan.tensor([batch, time, heads], 'log sums');
	const uniform = [
		batch,
		time,
		keys,
		heads,
		kvHeads,
		...[q, k, v].flatMap(({ stride, first }) => [stride, first]),
		cache ? 1 : 0,
		{ f32: options.scale ?? 1 / Math.sqrt(headDim) }
	];
	const sizes = {
		batch,
		time,
		keys,
		heads,
		kvHeads,
		headDim,
		scale: options.scale ?? 1 / Math.sqrt(headDim)
	};
	const work: Work = { sizes, uniform, q, k, v, position: cache?.position ?? null, y, sums };
	const version = chooseVersion(plan, work, options.version);
	STEPS[version](plan, work, options.inspect);
	plan.differentiable({
		op: 'attention',
		inputs: [q.tensor, k.tensor, v.tensor],
		outputs: [y],
		backward(plan: PlanBuilder, flow: GradientFlow) {
			if (cache) throw new Error('attention: a text that goes on from a cache has no gradient.');
			const dy = flow.of(y);
			if (!dy) return;
			const gradient = ({ tensor, columns }: Heads) =>
				flow.wants(tensor) ? flow.columns(tensor, columns) : null;
			const [dq, dk, dv] = [q, k, v].map(gradient);
			if (plan.backend === 'cpu') {
				const made = [...new Set([dq, dk, dv].filter((tensor) => tensor !== null))];
				plan.add({
					op: 'attention backward',
					version: 'row',
					reads: [q.tensor, k.tensor, v.tensor, y, sums, dy],
					writes: made,
					kernel: () => {
						throw new Error('This step is the processor’s.');
					},
					cpu: (views) => {
						const view = ({ tensor, stride, first }: Heads) => ({
							data: views.f32(tensor),
							stride,
							first
						});
						const work = {
							...sizes,
							q: view(q),
							k: view(k),
							v: view(v),
							y: views.f32(y),
							sums: views.f32(sums),
							dy: views.f32(dy),
							dq: views.optional(dq),
							dk: views.optional(dk),
							dv: views.optional(dv)
						};
						return () => attentionBackwardCpu(work);
					}
				});
				return;
			}
			const onGpu: OnGpu = (step) =>
				plan.add({
					...step,
					op: 'attention backward',
					cpu: () => {
						throw new Error('This step is the GPU’s.');
					}
				});
			const made = { dq, dk, dv };
			if (chooseBackward(plan, work) === 'tiled') backwardInTiles(plan, work, dy, made, onGpu);
			else backwardOneByOne(plan, work, dy, made, onGpu);
		}
	});
	return y;
}

/** Tensors that take gradients, laid out like what they belong to; null where nobody asks. */
interface Made {
	readonly dq: Tensor | null;
	readonly dk: Tensor | null;
	readonly dv: Tensor | null;
}
type OnGpu = (step: Pick<Step, 'version' | 'reads' | 'writes' | 'kernel'>) => void;

function chooseBackward(plan: PlanBuilder, work: Work): 'one by one' | 'tiled' {
	const { limits } = plan;
	const fits = inFours(work) && limits.invocations >= 256 && limits.workgroupBytes >= TILED_BYTES;
	const guess = fits && !plan.adapter.software ? 'tiled' : 'one by one';
	const offered = fits ? (['one by one', 'tiled'] as const) : (['one by one'] as const);
	return plan.version('attention_backward', shapeText(work), offered, guess);
}

/** An invocation a query, then an invocation a key. */
function backwardOneByOne(
	plan: PlanBuilder,
	{ sizes, uniform, q, k, v, y, sums }: Work,
	dy: Tensor,
	{ dq, dk, dv }: Made,
	add: OnGpu
): void {
	const { batch, time, keys, heads, kvHeads, headDim } = sizes;
	const constants = { HEAD_DIM: headDim };
	const toQueries = dq ?? plan.tensor(q.tensor.shape, 'gradient of q');
	const through = plan.tensor([batch, time, heads], 'dy · y');
	add({
		version: 'queries',
		reads: [q.tensor, k.tensor, v.tensor, sums, y, dy],
		writes: [toQueries, through],
		kernel: () => ({
			code: backwardQueryCode,
			constants,
			bindings: [q.tensor, k.tensor, v.tensor, sums, y, dy, toQueries, through],
			uniform,
			workgroups: [Math.ceil(time / 64), heads, batch]
		})
	});
	for (const [made, values] of [
		[dk, false],
		[dv, true]
	] as const) {
		if (!made) continue;
		add({
			version: values ? 'values' : 'keys',
			reads: [q.tensor, k.tensor, v.tensor, sums, through, dy],
			writes: [made],
			kernel: () => ({
				code: backwardKeyCode,
				constants: { ...constants, VALUES: values },
				bindings: [q.tensor, k.tensor, v.tensor, sums, through, dy, made],
				uniform,
				workgroups: [Math.ceil(keys / 64), kvHeads, batch]
			})
		});
	}
}

/** 64 queries and 64 keys at a time. */
function backwardInTiles(
	plan: PlanBuilder,
	{ sizes, uniform, q, k, v, y, sums }: Work,
	dy: Tensor,
	{ dq, dk, dv }: Made,
	add: OnGpu
): void {
	const { batch, time, keys, heads, kvHeads, headDim } = sizes;
	const blocks = Math.ceil(headDim / 64);
	const constants = { HEAD_DIM: headDim, BLOCKS: blocks };
	const rows = batch * time * heads;
	const through = plan.tensor([batch, time, heads], 'dy · y');
	add({
		version: 'tiled: through',
		reads: [y, dy],
		writes: [through],
		kernel: () => ({
			code: backwardThroughCode,
			constants: { HEAD_DIM: headDim },
			bindings: [y, dy, through],
			uniform: [rows],
			workgroups: [Math.min(Math.ceil(rows / 8), MOST_GROUPS)]
		})
	});
	const given = [q.tensor, k.tensor, v.tensor, dy, sums, through];
	const reads = [...new Set(given)];
	if (dq)
		add({
			version: 'tiled: queries',
			reads,
			writes: [dq],
			kernel: () => ({
				code: backwardQueriesTiledCode,
				constants,
				bindings: [...given, dq],
				uniform,
				workgroups: [heads, Math.ceil(time / 64), batch * blocks]
			})
		});
	if (!dk && !dv) return;
	const toKeys = dk ?? plan.tensor(k.tensor.shape, 'gradient of k');
	const toValues = dv ?? plan.tensor(v.tensor.shape, 'gradient of v');
	const together = toKeys === toValues;
	const made = together ? [toKeys] : [toKeys, toValues];
	add({
		version: 'tiled: keys and values',
		reads,
		writes: made,
		kernel: () => ({
			code: together ? backwardKeysTogetherCode : backwardKeysApartCode,
			constants,
			bindings: [...given, ...made],
			uniform,
			workgroups: [kvHeads, Math.ceil(keys / 64), batch * blocks]
		})
	});
}

function append(plan: PlanBuilder, k: Heads, v: Heads, cache: KvCache, width: number): void {
	const [batch, time] = k.tensor.shape;
	expectShape('attention: cache of keys', cache.k, [batch, -1, width]);
	const capacity = cache.k.shape[1];
	expectShape('attention: cache of values', cache.v, [batch, capacity, width]);
	expectShape('attention: position', cache.position, [1]);
	const length = batch * time * width;
	plan.add({
		op: 'attention',
		version: 'append',
		reads: [k.tensor, v.tensor, cache.position, cache.k, cache.v],
		writes: [cache.k, cache.v],
		kernel: () => ({
			code: appendCode,
			bindings: [k.tensor, v.tensor, cache.position, cache.k, cache.v],
			uniform: [length, time, capacity, width, k.stride, k.first, v.stride, v.first],
			workgroups: [Math.min(Math.ceil(length / 64), MOST_GROUPS)]
		}),
		cpu: (views) => {
			const position = views.u32(cache.position);
			const pairs = [
				{ from: views.f32(k.tensor), heads: k, to: views.f32(cache.k) },
				{ from: views.f32(v.tensor), heads: v, to: views.f32(cache.v) }
			];
			return () => {
				for (const { from, heads, to } of pairs)
					for (let text = 0; text < batch; text++)
						for (let t = 0; t < time && position[0] + t < capacity; t++) {
							const at = (text * time + t) * heads.stride + heads.first;
							to.set(from.subarray(at, at + width), (text * capacity + position[0] + t) * width);
						}
			};
		}
	});
}

/** Count `by` more tokens as read: position (1), u32, in place. */
export function advance(plan: PlanBuilder, position: Tensor, by: number): void {
	expectShape('advance: position', position, [1]);
	plan.add({
		op: 'advance',
		version: 'advance',
		reads: [position],
		writes: [position],
		kernel: () => ({
			code: advanceCode,
			bindings: [position],
			uniform: [by],
			workgroups: [1]
		}),
		cpu: (views) => {
			const count = views.u32(position);
			return () => {
				count[0] += by;
			};
		}
	});
}

/** What all versions work on. */
interface Work {
	readonly sizes: {
		readonly batch: number;
		readonly time: number;
		readonly keys: number;
		readonly heads: number;
		readonly kvHeads: number;
		readonly headDim: number;
		readonly scale: number;
	};
	/** As in params.wgsl. */
	readonly uniform: readonly Scalar[];
	readonly q: Heads;
	readonly k: Heads;
	readonly v: Heads;
	/** Tokens in the cache before these. */
	readonly position: Tensor | null;
	readonly y: Tensor;
	readonly sums: Tensor;
}

const inFours = ({ sizes, q, k, v }: Work): boolean =>
	[sizes.headDim, ...[q, k, v].flatMap(({ stride, first }) => [stride, first])].every(
		(size) => size % 4 === 0
	);

/** Sizes in powers of two: what is measured at one shape serves its neighbours. */
const shapeText = ({ sizes: { time, keys, heads, headDim } }: Work): string =>
	[time, keys, heads, headDim].map((size) => 2 ** Math.ceil(Math.log2(size))).join('×');

function chooseVersion(
	plan: PlanBuilder,
	work: Work,
	given: AttentionVersion | undefined
): AttentionVersion {
	const { batch, time, keys, heads, headDim } = work.sizes;
	const { limits } = plan;
	const can: Readonly<Record<AttentionVersion, boolean>> = {
		row: true,
		materialised: 4 * batch * heads * time * keys <= limits.bindingBytes && time <= MOST_GROUPS,
		flash:
			!work.position &&
			headDim <= FLASH_WIDEST &&
			limits.workgroupBytes >= FLASH_BYTES &&
			limits.invocations >= 256 &&
			inFours(work),
		flash_wide: limits.workgroupBytes >= NARROW_BYTES,
		decode: time === 1
	};
	if (given) {
		if (can[given]) return given;
		throw new ShapeError(
			`attention: version ${given} cannot do ${time} tokens and ${heads} heads of ${headDim}${work.position ? ' with a cache' : ''} in these columns on this device.`
		);
	}
	if (plan.backend === 'cpu' || plan.adapter.software) return 'row';
	// `materialised` is for looking at, never the fastest.
	const offered = ATTENTION_VERSIONS.filter((one) => can[one] && one !== 'materialised');
	const wide = can.flash_wide && (keys >= WIDE_FROM || !can.flash);
	const long = wide ? 'flash_wide' : can.flash ? 'flash' : 'row';
	const guess = time === 1 ? 'decode' : time >= FLASH_SHORTEST ? long : 'row';
	return plan.version('attention', shapeText(work), offered, guess);
}

/** The whole of it on the processor, whatever the version. */
const onProcessor =
	({ sizes, q, k, v, position, y, sums }: Work) =>
	(views: Views): (() => void) => {
		const given = {
			...sizes,
			q: viewOf(views, q),
			k: viewOf(views, k),
			v: viewOf(views, v),
			y: views.f32(y),
			sums: views.f32(sums)
		};
		const before = position ? views.u32(position) : null;
		return () => attentionCpu(given, before ? before[0] : 0);
	};

const viewOf = (views: Views, { tensor, stride, first }: Heads) => ({
	data: views.f32(tensor),
	stride,
	first
});

const readsOf = ({ q, k, v, position }: Work): Tensor[] => [
	q.tensor,
	k.tensor,
	v.tensor,
	...(position ? [position] : [])
];

type Steps = (plan: PlanBuilder, work: Work, inspect?: AttentionOptions['inspect']) => void;

const STEPS: Readonly<Record<AttentionVersion, Steps>> = {
	row(plan, work) {
		const { sizes, uniform, q, k, v, position, y, sums } = work;
		plan.add({
			op: 'attention',
			version: 'row',
			reads: readsOf(work),
			writes: [y, sums],
			kernel: () => ({
				code: rowCode,
				constants: { HEAD_DIM: sizes.headDim },
				bindings: [q.tensor, k.tensor, v.tensor, position, y, sums],
				uniform,
				workgroups: [Math.ceil(sizes.time / 64), sizes.heads, sizes.batch]
			}),
			cpu: onProcessor(work)
		});
	},

	flash(plan, work) {
		const { sizes, uniform, q, k, v, y, sums } = work;
		plan.add({
			op: 'attention',
			version: 'flash',
			reads: readsOf(work),
			writes: [y, sums],
			kernel: () => ({
				code: flashCode,
				constants: { HEAD_DIM: sizes.headDim, BLOCKS: Math.ceil(sizes.headDim / 64) },
				bindings: [q.tensor, k.tensor, v.tensor, y, sums],
				uniform,
				workgroups: [Math.ceil(sizes.time / 64), sizes.heads, sizes.batch]
			}),
			cpu: onProcessor(work)
		});
	},

	flash_wide(plan, work) {
		const { sizes, uniform, q, k, v, position, y, sums } = work;
		const wide = plan.limits.workgroupBytes >= WIDE_BYTES;
		const rows = wide ? 16 : 8;
		const blocks = Math.ceil(sizes.headDim / 64);
		plan.add({
			op: 'attention',
			version: 'flash_wide',
			reads: readsOf(work),
			writes: [y, sums],
			kernel: () => ({
				code: inFours(work) ? flashWideFourCode : flashWideOneCode,
				constants: {
					HEAD_DIM: sizes.headDim,
					BLOCKS: blocks,
					ROWS: rows,
					KEY_QUADS: 1
				},
				bindings: [q.tensor, k.tensor, v.tensor, position, y, sums],
				uniform,
				workgroups: [sizes.heads, Math.ceil(sizes.time / (8 * rows)), sizes.batch * blocks]
			}),
			cpu: onProcessor(work)
		});
	},

	decode(plan, work) {
		const { sizes, uniform, q, k, v, position, y, sums } = work;
		const { batch, heads, headDim, keys } = sizes;
		const spans = Math.ceil(keys / SPAN);
		const whole = spans === 1;
		const read = whole ? y : plan.tensor([batch, spans, heads, headDim], 'attention by spans');
		const readSums = whole ? sums : plan.tensor([batch, spans, heads], 'log sums by spans');
		plan.add({
			op: 'attention',
			version: 'decode',
			reads: readsOf(work),
			writes: [read, readSums],
			kernel: () => ({
				code: inFours(work) ? decodeFourCode : decodeOneCode,
				constants: { HEAD_DIM: headDim },
				bindings: [q.tensor, k.tensor, v.tensor, position, read, readSums],
				uniform,
				workgroups: [spans, heads, batch]
			}),
			// The processor takes no spans: it does all of it in the step that joins them.
			cpu: whole ? onProcessor(work) : () => () => {}
		});
		if (whole) return;
		plan.add({
			op: 'attention',
			version: 'decode',
			reads: [read, readSums, ...readsOf(work)],
			writes: [y, sums],
			kernel: () => ({
				code: joinCode,
				constants: { HEAD_DIM: headDim },
				bindings: [read, readSums, y, sums],
				uniform: [batch, spans, heads],
				workgroups: [Math.ceil((heads * headDim) / 64), batch]
			}),
			cpu: onProcessor(work)
		});
	},

	materialised(plan, work, inspect) {
		const { sizes, uniform, q, k, v, position, y, sums } = work;
		const { batch, time, keys, heads, headDim } = sizes;
		const scores = plan.tensor([batch, heads, time, keys], 'scores');
		const shares = plan.tensor([batch, heads, time, keys], 'shares');
		const before = position ? [position] : [];
		const constants = { HEAD_DIM: headDim };
		const beforeOf = (views: Views) => {
			const count = position ? views.u32(position) : null;
			return () => (count ? count[0] : 0);
		};
		plan.add({
			op: 'attention',
			version: 'materialised',
			reads: [q.tensor, k.tensor, ...before],
			writes: [scores],
			kernel: () => ({
				code: scoresCode,
				constants,
				bindings: [q.tensor, k.tensor, position, scores],
				uniform,
				workgroups: [Math.ceil(keys / 64), time, batch * heads]
			}),
			cpu: (views) => {
				const count = beforeOf(views);
				const given = { ...sizes, q: viewOf(views, q), k: viewOf(views, k) };
				const to = views.f32(scores);
				return () => attentionScoresCpu(given, count(), to);
			}
		});
		plan.add({
			op: 'attention',
			version: 'materialised',
			reads: [scores, ...before],
			writes: [shares, sums],
			kernel: () => ({
				code: sharesCode,
				bindings: [scores, position, shares, sums],
				uniform,
				workgroups: [time, batch * heads]
			}),
			cpu: (views) => {
				const count = beforeOf(views);
				const [from, to, logs] = [views.f32(scores), views.f32(shares), views.f32(sums)];
				return () => attentionSharesCpu(sizes, count(), from, to, logs);
			}
		});
		plan.add({
			op: 'attention',
			version: 'materialised',
			reads: [shares, v.tensor, ...before],
			writes: [y],
			kernel: () => ({
				code: readCode,
				constants,
				bindings: [shares, v.tensor, position, y],
				uniform,
				workgroups: [Math.ceil((heads * headDim) / 64), time, batch]
			}),
			cpu: (views) => {
				const count = beforeOf(views);
				const given = { ...sizes, v: viewOf(views, v) };
				const [from, to] = [views.f32(shares), views.f32(y)];
				return () => attentionReadCpu(given, count(), from, to);
			}
		});
		inspect?.('scores', scores);
		inspect?.('shares', shares);
	}
};
