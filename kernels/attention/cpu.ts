// Causal attention on the processor: a query at a time, its scores in a row of their own.
import { exp } from '../lib/exp.ts';

/** Columns of a tensor (batch, rows, stride), heads side by side from `first` on. */
export interface HeadsCpu {
	readonly data: Float32Array;
	readonly stride: number;
	readonly first: number;
}

export interface AttentionCpu {
	readonly batch: number;
	readonly time: number;
	/** Rows of k and v a text. */
	readonly keys: number;
	readonly heads: number;
	readonly kvHeads: number;
	readonly headDim: number;
	readonly scale: number;
	readonly q: HeadsCpu;
	readonly k: HeadsCpu;
	readonly v: HeadsCpu;
	/** (batch, time, heads · headDim) */
	readonly y: Float32Array;
	/** (batch, time, heads): log Σ exp of the scores. */
	readonly sums: Float32Array;
}

/** @param before tokens in the cache before these */
export function attentionCpu(given: AttentionCpu, before: number): void {
	const { batch, time, keys, heads, kvHeads, headDim, scale, q, k, v, y, sums } = given;
	const scores = new Float64Array(keys);
	const read = new Float64Array(headDim);
	for (let text = 0; text < batch; text++)
		for (let head = 0; head < heads; head++) {
			const group = Math.floor((head * kvHeads) / heads) * headDim;
			for (let t = 0; t < time; t++) {
				const row = text * time + t;
				const qAt = row * q.stride + q.first + head * headDim;
				const count = Math.min(before + t + 1, keys);
				let largest = -Infinity;
				for (let s = 0; s < count; s++) {
					const kAt = (text * keys + s) * k.stride + k.first + group;
					let score = 0;
					for (let i = 0; i < headDim; i++) score += q.data[qAt + i] * k.data[kAt + i];
					scores[s] = score *= scale;
					if (score > largest) largest = score;
				}
				read.fill(0);
				let total = 0;
				for (let s = 0; s < count; s++) {
					const share = exp(scores[s] - largest);
					total += share;
					const vAt = (text * keys + s) * v.stride + v.first + group;
					for (let i = 0; i < headDim; i++) read[i] += share * v.data[vAt + i];
				}
				const yAt = (row * heads + head) * headDim;
				for (let i = 0; i < headDim; i++) y[yAt + i] = read[i] / total;
				sums[row * heads + head] = largest + Math.log(total);
			}
		}
}

type Sizes = Pick<AttentionCpu, 'batch' | 'time' | 'keys' | 'heads'>;

/** The score of a key that a query does not see. */
const UNSEEN = -1e30;

/** Step by step, 1: q kᵀ · scale to (batch, heads, time, keys). */
export function attentionScoresCpu(
	given: Omit<AttentionCpu, 'v' | 'y' | 'sums'>,
	before: number,
	scores: Float32Array
): void {
	const { batch, time, keys, heads, kvHeads, headDim, scale, q, k } = given;
	scores.fill(UNSEEN);
	for (let text = 0; text < batch; text++)
		for (let head = 0; head < heads; head++) {
			const group = Math.floor((head * kvHeads) / heads) * headDim;
			for (let t = 0; t < time; t++) {
				const qAt = (text * time + t) * q.stride + q.first + head * headDim;
				const to = ((text * heads + head) * time + t) * keys;
				for (let s = 0; s < Math.min(before + t + 1, keys); s++) {
					const kAt = (text * keys + s) * k.stride + k.first + group;
					let score = 0;
					for (let i = 0; i < headDim; i++) score += q.data[qAt + i] * k.data[kAt + i];
					scores[to + s] = score * scale;
				}
			}
		}
}

/** Step by step, 2: softmax of the scores' rows; sums (batch, time, heads) takes log Σ exp. */
export function attentionSharesCpu(
	{ batch, time, keys, heads }: Sizes,
	before: number,
	scores: Float32Array,
	shares: Float32Array,
	sums: Float32Array
): void {
	shares.fill(0);
	for (let text = 0; text < batch; text++)
		for (let head = 0; head < heads; head++)
			for (let t = 0; t < time; t++) {
				const at = ((text * heads + head) * time + t) * keys;
				const count = Math.min(before + t + 1, keys);
				let largest = scores[at];
				for (let s = 1; s < count; s++) largest = Math.max(largest, scores[at + s]);
				let total = 0;
				for (let s = 0; s < count; s++) total += exp(scores[at + s] - largest);
				for (let s = 0; s < count; s++) shares[at + s] = exp(scores[at + s] - largest) / total;
				sums[(text * time + t) * heads + head] = largest + Math.log(total);
			}
}

/** Step by step, 3: the values, each by its share. */
export function attentionReadCpu(
	given: Omit<AttentionCpu, 'q' | 'k' | 'sums' | 'scale' | 'y'>,
	before: number,
	shares: Float32Array,
	y: Float32Array
): void {
	const { batch, time, keys, heads, kvHeads, headDim, v } = given;
	const read = new Float64Array(headDim);
	for (let text = 0; text < batch; text++)
		for (let head = 0; head < heads; head++) {
			const group = Math.floor((head * kvHeads) / heads) * headDim;
			for (let t = 0; t < time; t++) {
				const at = ((text * heads + head) * time + t) * keys;
				read.fill(0);
				for (let s = 0; s < Math.min(before + t + 1, keys); s++) {
					const vAt = (text * keys + s) * v.stride + v.first + group;
					for (let i = 0; i < headDim; i++) read[i] += shares[at + s] * v.data[vAt + i];
				}
				y.set(read, ((text * time + t) * heads + head) * headDim);
			}
		}
}

export interface AttentionBackwardCpu extends AttentionCpu {
	/** Like y. */
	readonly dy: Float32Array;
	/** Laid out like q, k and v; null where nobody asks. */
	readonly dq: Float32Array | null;
	readonly dk: Float32Array | null;
	readonly dv: Float32Array | null;
}

export function attentionBackwardCpu(given: AttentionBackwardCpu): void {
	const { batch, time, keys, heads, kvHeads, headDim, scale, q, k, v, y, sums } = given;
	const { dy, dq, dk, dv } = given;
	const width = kvHeads * headDim;
	const keysBack = new Float64Array(keys * width);
	const valuesBack = new Float64Array(keys * width);
	const queryBack = new Float64Array(headDim);
	for (let text = 0; text < batch; text++) {
		keysBack.fill(0);
		valuesBack.fill(0);
		for (let head = 0; head < heads; head++) {
			const group = Math.floor((head * kvHeads) / heads) * headDim;
			for (let t = 0; t < time; t++) {
				const row = text * time + t;
				const qAt = row * q.stride + q.first + head * headDim;
				const yAt = (row * heads + head) * headDim;
				let through = 0;
				for (let i = 0; i < headDim; i++) through += dy[yAt + i] * y[yAt + i];
				queryBack.fill(0);
				for (let s = 0; s <= t; s++) {
					const kAt = (text * keys + s) * k.stride + k.first + group;
					const vAt = (text * keys + s) * v.stride + v.first + group;
					const to = s * width + group;
					let score = 0;
					let gain = 0;
					for (let i = 0; i < headDim; i++) {
						score += q.data[qAt + i] * k.data[kAt + i];
						gain += dy[yAt + i] * v.data[vAt + i];
					}
					const share = exp(score * scale - sums[row * heads + head]);
					const pull = share * (gain - through) * scale;
					for (let i = 0; i < headDim; i++) {
						queryBack[i] += pull * k.data[kAt + i];
						keysBack[to + i] += pull * q.data[qAt + i];
						valuesBack[to + i] += share * dy[yAt + i];
					}
				}
				if (dq) dq.set(queryBack, qAt);
			}
		}
		for (let s = 0; s < keys; s++) {
			const part = (of: Float64Array) => of.subarray(s * width, (s + 1) * width);
			if (dk) dk.set(part(keysBack), (text * keys + s) * k.stride + k.first);
			if (dv) dv.set(part(valuesBack), (text * keys + s) * v.stride + v.first);
		}
	}
}
