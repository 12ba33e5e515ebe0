// The edited scan for the CPU engine: token after token, the state updated where it lies. An experiment runs once, so nothing here is
// clever.
import { exp, silu } from '../lib/exp.ts';
import type { Rule, Rows } from '../selective_scan/cpu.ts';

/** Shapes as in `editedScan`; all arrays row-major. */
export interface CpuEditedScan {
	readonly batch: number;
	readonly length: number;
	readonly channels: number;
	readonly states: number;
	readonly headDim: number;
	readonly groups: number;
	readonly rule: Rule;
	readonly x: Rows;
	/** (batch, L, H) */
	readonly delta: Float32Array;
	readonly A_log: Float32Array;
	/** A_log has one number a head. */
	readonly oneA: boolean;
	/** Null where it is a constant. */
	readonly B: Rows | null;
	readonly C: Rows | null;
	/** (D, N) */
	readonly constantB: Float32Array | null;
	readonly constantC: Float32Array | null;
	readonly D_skip: Float32Array | null;
	readonly z: Rows | null;
	readonly state: Float32Array;
	/** Go on from `state`; from zeros otherwise. */
	readonly carried: boolean;
	readonly edits: Float32Array | null;
	readonly deltaScale: Float32Array | null;
	readonly deltaFrozen: Float32Array | null;
	readonly source: Uint32Array | null;
	readonly held: Float32Array | null;
	readonly out: Float32Array;
	/** Where y, Δ and the states go, if they are wanted. */
	readonly record: { y: Rows | null; delta: Rows | null; states: Rows | null };
}

/** Ā and B̄ / (Δ B) of v = ΔA. */
type Discretise = (v: number) => readonly [A_bar: number, gain: number];

/** (e^v − 1) / v, by its series near 0 where the difference would lose its digits. */
function expm1Over(v: number): number {
	if (Math.abs(v) > 0.3) return (exp(v) - 1) / v;
	return 1 + (v / 2) * (1 + (v / 3) * (1 + (v / 4) * (1 + (v / 5) * (1 + (v / 6) * (1 + v / 7)))));
}

const RULES: Readonly<Record<Rule, Discretise>> = {
	official: (v) => [exp(v), 1],
	zoh: (v) => [exp(v), expm1Over(v)],
	bilinear: (v) => [(1 + v / 2) / (1 - v / 2), 1 / (1 - v / 2)],
	euler: (v) => [1 + v, 1]
};

/** The run of one edited scan. */
export function editedScanCpu(scan: CpuEditedScan): () => void {
	const { batch, length, channels, state, carried, out, z } = scan;
	const { y: yRows, states: statesRows } = scan.record;
	const channel = channelOf(scan);
	return () => {
		if (!carried) state.fill(0);
		for (let token = 0; token < batch * length; token++) {
			const b = Math.floor(token / length);
			recordDelta(scan, token);
			for (let d = 0; d < channels; d++) {
				const y = channel(b, token, d);
				if (yRows) yRows.data[startOf(yRows, token) + d] = y;
				out[token * channels + d] = z ? y * silu(z.data[startOf(z, token) + d]) : y;
			}
			if (statesRows) {
				const size = channels * scan.states;
				statesRows.data.set(state.subarray(b * size, (b + 1) * size), startOf(statesRows, token));
			}
		}
	};
}

/** One token of one channel: moves its states on and returns y. */
function channelOf(scan: CpuEditedScan) {
	const { channels, states, headDim, groups, A_log, oneA, state, edits, source, held } = scan;
	const discretise = RULES[scan.rule];
	const sharing = channels / groups;
	/** Where the vector of a channel begins at a token. */
	const vector = (rows: Rows | null, token: number, d: number) =>
		rows ? startOf(rows, token) + Math.floor(d / sharing) * states : d * states;
	const Bs = scan.B?.data ?? scan.constantB ?? new Float32Array();
	const Cs = scan.C?.data ?? scan.constantC ?? new Float32Array();
	return (b: number, token: number, d: number): number => {
		const s = source ? Math.min(source[d], channels - 1) : d;
		const head = Math.floor(s / headDim);
		const step = stepSize(scan, token, head);
		const u = (edits ? edits[2 * token] : 1) * step * scan.x.data[startOf(scan.x, token) + s];
		const keep = edits ? edits[2 * token + 1] : 1;
		const [bAt, cAt] = [vector(scan.B, token, s), vector(scan.C, token, d)];
		const row = (b * channels + d) * states;
		const own = scan.x.data[startOf(scan.x, token) + d];
		let y = scan.D_skip ? scan.D_skip[Math.floor(d / headDim)] * own : 0;
		for (let n = 0; n < states; n++) {
			const A = -Math.exp(A_log[oneA ? head : head * states + n]);
			const [A_bar, gain] = discretise(step * A);
			let h = keep * A_bar * state[row + n] + gain * u * Bs[bAt + n];
			const hold = 2 * (d * states + n);
			if (held && held[hold] !== 0) h = held[hold + 1];
			state[row + n] = h;
			y += Cs[cAt + n] * h;
		}
		return y;
	};
}

/** Δ of a head at a token, frozen and scaled. */
function stepSize(scan: CpuEditedScan, token: number, head: number): number {
	const { channels, headDim, delta, deltaFrozen, deltaScale } = scan;
	const frozen = deltaFrozen ? deltaFrozen[head] : -1;
	const step = frozen >= 0 ? frozen : delta[token * (channels / headDim) + head];
	return deltaScale ? step * deltaScale[token] : step;
}

function recordDelta(scan: CpuEditedScan, token: number): void {
	const rows = scan.record.delta;
	if (!rows) return;
	const at = startOf(rows, token);
	for (let head = 0; head < scan.channels / scan.headDim; head++)
		rows.data[at + head] = stepSize(scan, token, head);
}

const startOf = (rows: Rows, token: number): number => token * rows.width + rows.from;
