// Causal self-attention with grouped queries and, for decoding, a cache of keys and values.
//
//   version 1, `row`: an invocation a query, online softmax, no barrier
//   version 2, `flash`: tiles of 64 queries × 64 keys in workgroup memory; without a cache
import {
	expectShape,
	ShapeError,
	type GradientFlow,
	type PlanBuilder,
	type Tensor
} from '#lib/engine/types.ts';
import advanceCode from './advance.wgsl';
import appendCode from './append.wgsl';
import backwardKeyCode from './backward_key.wgsl';
import backwardQueryCode from './backward_query.wgsl';
import { attentionBackwardCpu, attentionCpu } from './cpu.ts';
import flashCode from './flash.wgsl';
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
	 * columns in fours. On the processor both are the same.
	 */
	readonly version?: AttentionVersion;
}

export type AttentionVersion = 'row' | 'flash';

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
	const offered: AttentionVersion[] = ['row'];
	if (
		!cache &&
		headDim <= FLASH_WIDEST &&
		plan.limits.workgroupBytes >= FLASH_BYTES &&
		plan.limits.invocations >= 256 &&
		[headDim, ...[q, k, v].flatMap(({ stride, first }) => [stride, first])].every(
			(n) => n % 4 === 0
		)
	)
		offered.push('flash');
	if (options.version && !offered.includes(options.version))
		throw new ShapeError(
			`attention: version ${options.version} cannot do ${heads} heads of ${headDim}${cache ? ' with a cache' : ''} in these columns on this device.`
		);
	const onHardware = plan.backend !== 'cpu' && !plan.adapter.software;
	const guess = onHardware && time >= FLASH_SHORTEST ? offered[offered.length - 1] : 'row';
	const size = (n: number) => 2 ** Math.ceil(Math.log2(n));
	const version =
		options.version ??
		(onHardware
			? plan.version('attention', `${size(time)}×${size(heads)}×${size(headDim)}`, offered, guess)
			: 'row');
	plan.add({
		op: 'attention',
		version,
		reads: [q.tensor, k.tensor, v.tensor, ...(cache ? [cache.position] : [])],
		writes: [y, sums],
		kernel: () => ({
			code: version === 'flash' ? flashCode : rowCode,
			constants: {
				HEAD_DIM: headDim,
				...(version === 'flash' ? { BLOCKS: Math.ceil(headDim / 64) } : {})
			},
			bindings: [
				q.tensor,
				k.tensor,
				v.tensor,
				...(version === 'flash' ? [] : [cache?.position ?? null]),
				y,
				sums
			],
			uniform,
			workgroups: [Math.ceil(time / 64), heads, batch]
		}),
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
				sums: views.f32(sums)
			};
			const before = cache ? views.u32(cache.position) : null;
			return () => attentionCpu(work, before ? before[0] : 0);
		}
	});
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
			const onGpu = () => {
				throw new Error('This step is the GPU’s.');
			};
			const constants = { HEAD_DIM: headDim };
			const toQueries = dq ?? plan.tensor(q.tensor.shape, 'gradient of q');
			const through = plan.tensor([batch, time, heads], 'dy · y');
			plan.add({
				op: 'attention backward',
				version: 'queries',
				reads: [q.tensor, k.tensor, v.tensor, sums, y, dy],
				writes: [toQueries, through],
				kernel: () => ({
					code: backwardQueryCode,
					constants,
					bindings: [q.tensor, k.tensor, v.tensor, sums, y, dy, toQueries, through],
					uniform,
					workgroups: [Math.ceil(time / 64), heads, batch]
				}),
				cpu: onGpu
			});
			for (const [made, values] of [
				[dk, false],
				[dv, true]
			] as const) {
				if (!made) continue;
				plan.add({
					op: 'attention backward',
					version: values ? 'values' : 'keys',
					reads: [q.tensor, k.tensor, v.tensor, sums, through, dy],
					writes: [made],
					kernel: () => ({
						code: backwardKeyCode,
						constants: { ...constants, VALUES: values },
						bindings: [q.tensor, k.tensor, v.tensor, sums, through, dy, made],
						uniform,
						workgroups: [Math.ceil(keys / 64), kvHeads, batch]
					}),
					cpu: onGpu
				});
			}
		}
	});
	return y;
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
