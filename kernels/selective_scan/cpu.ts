// The selective scan for the CPU engine: token after token, all states of a channel in one tight loop, the state updated where
// it lies. The exponential is a table and a short polynomial, written out in the loop of the official rule because it is
// nearly all of the cost; A is folded with log2 e once and again only when A_log has changed.
import {
	FIRST,
	LOG2E_STEPS,
	POWERS,
	SECOND,
	ZERO,
	exp,
	exp2Steps,
	silu,
	softplus
} from '../lib/exp.ts';

// Constants of this module, since a bundler or a test runner may read an imported name through a getter at every use.
const powers = POWERS;
const [zero, first, second] = [ZERO, FIRST, SECOND];

export type Rule = 'official' | 'zoh' | 'bilinear' | 'euler';

/** Columns `from`… of rows that are `width` wide. */
export interface Rows {
	readonly data: Float32Array;
	readonly width: number;
	readonly from: number;
}

/** Shapes as in `selectiveScan`; all arrays row-major. */
export interface CpuScan {
	readonly batch: number;
	readonly length: number;
	readonly channels: number;
	readonly states: number;
	readonly rule: Rule;
	readonly x: Rows;
	readonly delta: Rows;
	readonly deltaBias: Float32Array | null;
	readonly deltaSoftplus: boolean;
	readonly deltaFrozen: Float32Array | null;
	readonly A_log: Float32Array;
	/** Null where it is a constant. */
	readonly B: Rows | null;
	readonly C: Rows | null;
	/** (D, N) */
	readonly constantB: Float32Array | null;
	readonly constantC: Float32Array | null;
	readonly D_skip: Float32Array | null;
	readonly z: Rows | null;
	readonly state: Float32Array;
	readonly edits: Float32Array | null;
	readonly out: Float32Array;
	/** Where y, Δ and the states go, if they are wanted. */
	readonly record: { y: Rows | null; delta: Rows | null; states: Rows | null };
}

/** The run of one scan, with its scratch memory. */
export function selectiveScanCpu(scan: CpuScan): () => void {
	const { batch, length, channels, states, state, edits, out, D_skip } = scan;
	const dynamics = new Dynamics(scan.A_log);
	const B = new Vectors(scan.constantB, channels, states);
	const C = new Vectors(scan.constantC, channels, states);
	const advance = scan.rule === 'official' ? advanceOfficial : advanceBy[scan.rule];
	const ready = !scan.deltaBias && !scan.deltaSoftplus && !scan.deltaFrozen;
	const { y: yRows, delta: deltaRows, states: statesRows } = scan.record;
	const x = scan.x.data;
	const delta = scan.delta.data;
	const z = scan.z?.data;

	return () => {
		const A = dynamics.scaled();
		const [Bs, Cs] = [B.now(), C.now()];
		for (let b = 0; b < batch; b++) {
			for (let t = 0; t < length; t++) {
				const token = b * length + t;
				if (scan.B) readRow(Bs[0], scan.B, token);
				if (scan.C) readRow(Cs[0], scan.C, token);
				const write = edits ? edits[2 * token] : 1;
				const keep = edits ? edits[2 * token + 1] : 1;
				const xAt = startOf(scan.x, token);
				const deltaAt = startOf(scan.delta, token);
				const zAt = scan.z ? startOf(scan.z, token) : 0;
				const outAt = token * channels;
				for (let d = 0; d < channels; d++) {
					const x_t = x[xAt + d];
					const raw = delta[deltaAt + d];
					const step = ready ? raw : stepSize(scan, raw, d);
					const cell = (b * channels + d) * states;
					const u = write * x_t;
					let y = advance(state, cell, A, d * states, states, step, u, keep, Bs[d], Cs[d]);
					if (D_skip) y += D_skip[d] * x_t;
					out[outAt + d] = z ? y * silu(z[zAt + d]) : y;
					if (yRows) yRows.data[startOf(yRows, token) + d] = y;
					if (deltaRows) deltaRows.data[startOf(deltaRows, token) + d] = step;
				}
				if (statesRows)
					statesRows.data.set(
						state.subarray(b * channels * states, (b + 1) * channels * states),
						startOf(statesRows, token)
					);
			}
		}
	};
}

/** Shapes as in `selectiveScanStep`: one token, Δ still to be made from its low-rank form. */
export interface CpuStep {
	readonly batch: number;
	readonly channels: number;
	readonly states: number;
	readonly rank: number;
	/** (batch, D): x on entry, y · silu(z) on return. */
	readonly x: Float32Array;
	/** (batch, R + 2N): Δ, B and C side by side. */
	readonly ssm: Float32Array;
	/** (D, R) */
	readonly dtWeight: Float32Array;
	/** (D) */
	readonly dtBias: Float32Array | null;
	readonly A_log: Float32Array;
	readonly D_skip: Float32Array | null;
	readonly z: Rows | null;
	readonly state: Float32Array;
}

/** The run of one fused step. */
export function selectiveScanStepCpu(step: CpuStep): () => void {
	const { batch, channels, states, rank, x, ssm, dtWeight, dtBias, D_skip, z, state } = step;
	const dynamics = new Dynamics(step.A_log);
	const width = rank + 2 * states;
	const low = new Float64Array(rank);
	const B = new Float64Array(states);
	const C = new Float64Array(states);

	return () => {
		const A = dynamics.scaled();
		for (let b = 0; b < batch; b++) {
			readRow(low, { data: ssm, width, from: 0 }, b);
			readRow(B, { data: ssm, width, from: rank }, b);
			readRow(C, { data: ssm, width, from: rank + states }, b);
			for (let d = 0; d < channels; d++) {
				const sum = (dtBias ? dtBias[d] : 0) + dot(dtWeight, d * rank, low);
				const at = b * channels + d;
				const x_t = x[at];
				const y =
					advanceOfficial(state, at * states, A, d * states, states, softplus(sum), x_t, 1, B, C) +
					(D_skip ? D_skip[d] * x_t : 0);
				x[at] = z ? y * silu(z.data[b * z.width + z.from + d]) : y;
			}
		}
	};
}

/** A row of weights with a vector; two sums, so that one addition need not wait for the other. */
function dot(weight: Float32Array, from: number, vector: Float64Array): number {
	const width = vector.length;
	let even = 0;
	let odd = 0;
	let i = 0;
	for (; i + 1 < width; i += 2) {
		even += weight[from + i] * vector[i];
		odd += weight[from + i + 1] * vector[i + 1];
	}
	if (i < width) even += weight[from + i] * vector[i];
	return even + odd;
}

/** A · log2 e · 64 from A_log, made again only where A_log has changed since the last run. */
class Dynamics {
	#A_log: Float32Array;
	#seen: Float32Array;
	#scaled: Float64Array;

	constructor(A_log: Float32Array) {
		this.#A_log = A_log;
		this.#seen = new Float32Array(A_log.length).fill(NaN);
		this.#scaled = new Float64Array(A_log.length);
	}

	scaled(): Float64Array {
		const A_log = this.#A_log;
		const seen = this.#seen;
		for (let i = 0; i < A_log.length; i++) {
			if (A_log[i] === seen[i]) continue;
			seen[i] = A_log[i];
			this.#scaled[i] = -Math.exp(A_log[i]) * LOG2E_STEPS;
		}
		return this.#scaled;
	}
}

/** What each channel takes for B, or for C: all channels the token's vector, or each its own constant. */
class Vectors {
	#constant: Float32Array | null;
	#values: Float64Array;
	#ofChannel: Float64Array[];

	constructor(constant: Float32Array | null, channels: number, states: number) {
		this.#constant = constant;
		this.#values = new Float64Array(constant ? constant.length : states);
		this.#ofChannel = Array.from({ length: channels }, (_, d) =>
			constant ? this.#values.subarray(d * states, (d + 1) * states) : this.#values
		);
	}

	/** By channel; constants as they are now. */
	now(): readonly Float64Array[] {
		if (this.#constant) this.#values.set(this.#constant);
		return this.#ofChannel;
	}
}

const startOf = (rows: Rows, token: number): number => token * rows.width + rows.from;

function readRow(into: Float64Array, rows: Rows, token: number): void {
	const at = startOf(rows, token);
	for (let i = 0; i < into.length; i++) into[i] = rows.data[at + i];
}

function stepSize(scan: CpuScan, raw: number, d: number): number {
	if (scan.deltaFrozen && scan.deltaFrozen[d] >= 0) return scan.deltaFrozen[d];
	const biased = scan.deltaBias ? raw + scan.deltaBias[d] : raw;
	return scan.deltaSoftplus ? softplus(biased) : biased;
}

/**
 * One token of one channel: moves its states on and returns C · h. A holds A · log2 e · 64 from `from` on; `x` carries the write
 * multiplier.
 */
type Advance = (
	state: Float32Array,
	cell: number,
	A: Float64Array,
	from: number,
	states: number,
	delta: number,
	x: number,
	keep: number,
	B: Float64Array,
	C: Float64Array
) => number;

const advanceOfficial: Advance = (state, cell, A, from, states, delta, x, keep, B, C) => {
	const u = delta * x;
	let y = 0;
	if (delta >= 0 && keep === 1) {
		// As nearly always: Δ ≥ 0 and A < 0 leave the exponent in the lower half of the table.
		for (let n = 0; n < states; n++) {
			const v = delta * A[from + n] + zero;
			let h = u * B[n];
			if (v > 0) {
				const k = (v + 0.5) | 0;
				const f = v - k;
				h += powers[k] * (1 + f * (first + f * second)) * state[cell + n];
			}
			state[cell + n] = h;
			y += C[n] * h;
		}
		return y;
	}
	for (let n = 0; n < states; n++) {
		const h = keep * exp2Steps(delta * A[from + n]) * state[cell + n] + u * B[n];
		state[cell + n] = h;
		y += C[n] * h;
	}
	return y;
};

/** The other rules: `A_bar` gives Ā and `gain` gives B̄ / (Δ B), both from ΔA. */
function advanceWith(
	A_bar: (product: number) => number,
	gain: (product: number) => number
): Advance {
	return (state, cell, A, from, states, delta, x, keep, B, C) => {
		const u = delta * x;
		let y = 0;
		for (let n = 0; n < states; n++) {
			const product = delta * (A[from + n] / LOG2E_STEPS);
			const h = keep * A_bar(product) * state[cell + n] + gain(product) * u * B[n];
			state[cell + n] = h;
			y += C[n] * h;
		}
		return y;
	};
}

/** (e^v − 1) / v, by its series near 0 where the difference would lose its digits. */
function expm1Over(v: number): number {
	if (Math.abs(v) > 0.3) return (exp(v) - 1) / v;
	return 1 + (v / 2) * (1 + (v / 3) * (1 + (v / 4) * (1 + (v / 5) * (1 + (v / 6) * (1 + v / 7)))));
}

const advanceBy: Record<Exclude<Rule, 'official'>, Advance> = {
	zoh: advanceWith(exp, expm1Over),
	bilinear: advanceWith(
		(v) => (1 + v / 2) / (1 - v / 2),
		(v) => 1 / (1 - v / 2)
	),
	euler: advanceWith(
		(v) => 1 + v,
		() => 1
	)
};
