// What one layer of a Mamba holds on to, worked out from its traced tensors: the share of each earlier token in what the
// layer reads out now or in its state, the state itself, half-lives, and one cell's update.
//
// The recurrence h_t = Ā_t h_{t−1} + B̄_t x_t unrolls into h_t = Σ_j (∏_{s=j+1..t} Ā_s) B̄_j x_j: one term for each token j
// that was read. A share is the size of that term, for the read-out after C_t and the gate have weighed it. All sums run
// in float64; inputs and results are float32. Functions are pure; what they compute on the way (Ā, states at every 64th
// token) is remembered for the traces that were asked about last.
import { discretise, type Discretisation } from '#kernels/selective_scan/reference.ts';

/** The tensors of one layer over a text of L tokens, D channels and N states, row-major, as the trace names them. The state before the first token is zero. */
export interface LayerTrace {
	readonly length: number;
	readonly channels: number;
	readonly states: number;
	/** (L,D) after convolution and SiLU: trace name `conv`. */
	readonly x: Float32Array;
	/** (L,D) after bias and softplus; already held where it was frozen. */
	readonly delta: Float32Array;
	/** (L,N), or (D,N) where it is a constant. */
	readonly B: Float32Array;
	readonly C: Float32Array;
	/** Which of B and C are the same at every token. None unless told. */
	readonly constant?: readonly ('B' | 'C')[];
	/** (L,D), before SiLU. */
	readonly z: Float32Array;
	/** (D,N), negative: −exp(A_log). */
	readonly A: Float32Array;
	/** (L,2): what multiplies B̄ and what multiplies Ā at each token. Absent is ones. */
	readonly edits?: Float32Array | null;
	/** `official` unless told. */
	readonly discretisation?: Discretisation;
}

/** Which channels a token writes to. */
export interface ChannelWrites {
	/** ‖B̄x‖ over the states, (D), with edits. */
	readonly write: Float32Array<ArrayBuffer>;
	/** Channels from the largest ‖B̄x‖ to the smallest, (D). Edits do not change the order, so that erasing moves no row. */
	readonly order: Uint32Array<ArrayBuffer>;
}

/** ln 2/(Δ|A|) in tokens, each (D,N): at Δ's mean over the text, and at its largest and smallest. */
export interface ChannelHalfLives {
	readonly typical: Float32Array<ArrayBuffer>;
	readonly shortest: Float32Array<ArrayBuffer>;
	readonly longest: Float32Array<ArrayBuffer>;
	readonly channels: number;
	readonly states: number;
}

/** h = Abar · hPrev + Bbar · x at one channel and state, edits included, and what its factors are made of. */
export interface CellUpdate {
	readonly delta: number;
	readonly A: number;
	readonly B: number;
	readonly C: number;
	readonly Abar: number;
	readonly Bbar: number;
	readonly x: number;
	readonly hPrev: number;
	readonly h: number;
}

/** Tokens between kept states, and tokens in a window of Ā. */
const WINDOW = 64;
/** Windows of Ā kept for a trace: 1,024 tokens, 32 MB at 512 channels of 16 states. */
const WINDOWS = 16;
/** Traces that are remembered: the text as it is and two edits of it. */
const TRACES = 3;

/** Ā and B̄/B of some tokens, each (tokens, D, N). */
interface Window {
	readonly Abar: Float32Array;
	/** Null where B̄ = ΔB, the same for all states of a channel. */
	readonly perB: Float32Array | null;
}

interface Memory {
	readonly trace: LayerTrace;
	readonly windows: Map<number, Window>;
	/** The state before token 64·k, and the one asked for last. */
	readonly checkpoints: Map<number, Float32Array<ArrayBuffer>>;
	last: { token: number; state: Float32Array<ArrayBuffer> } | null;
	/** Ā's product so far, (D,N). */
	readonly weight: Float64Array;
}

const memories: Memory[] = [];

/** What is remembered of a trace; the least recently used is dropped. */
function memoryOf(trace: LayerTrace): Memory {
	const at = memories.findIndex((memory) => memory.trace === trace);
	const found =
		at >= 0
			? memories.splice(at, 1)[0]
			: {
					trace,
					windows: new Map(),
					checkpoints: new Map(),
					last: null,
					weight: new Float64Array(trace.channels * trace.states)
				};
	memories.unshift(found);
	memories.length = Math.min(memories.length, TRACES);
	return found;
}

function expectToken(trace: LayerTrace, t: number): void {
	if (!Number.isInteger(t) || t < 0 || t >= trace.length)
		throw new RangeError(`Token ${t} is not among the ${trace.length} tokens that were read.`);
}

/** How far apart B, or C, of one token and the next are, and of one channel and the next. */
function stridesOf(
	{ states, constant }: LayerTrace,
	letter: 'B' | 'C'
): readonly [token: number, channel: number] {
	return constant?.includes(letter) ? [0, states] : [states, 0];
}

const silu = (v: number): number => v / (1 + Math.exp(-v));
const writes = (trace: LayerTrace, t: number): number => trace.edits?.[2 * t] ?? 1;
const keeps = (trace: LayerTrace, t: number): number => trace.edits?.[2 * t + 1] ?? 1;

/** The window that holds token t, made when it is first needed. */
function windowAt(memory: Memory, t: number): Window {
	const index = Math.floor(t / WINDOW);
	const known = memory.windows.get(index);
	if (known) return known;
	const { length, channels: D, states: N, delta, A, discretisation = 'official' } = memory.trace;
	const from = index * WINDOW;
	const tokens = Math.min(WINDOW, length - from);
	const cells = D * N;
	const Abar = new Float32Array(tokens * cells);
	const perB =
		discretisation === 'zoh' || discretisation === 'bilinear'
			? new Float32Array(tokens * cells)
			: null;
	for (let s = 0; s < tokens; s++) {
		for (let d = 0; d < D; d++) {
			const step = delta[(from + s) * D + d];
			for (let n = 0; n < N; n++) {
				const at = s * cells + d * N + n;
				if (discretisation === 'official') Abar[at] = Math.exp(step * A[d * N + n]);
				else {
					const { A_bar, B_bar } = discretise(discretisation, step, A[d * N + n]);
					Abar[at] = A_bar;
					if (perB) perB[at] = B_bar;
				}
			}
		}
	}
	if (memory.windows.size >= WINDOWS) {
		// The oldest goes; a scrub comes back to the nearest ones first.
		const [oldest] = memory.windows.keys();
		memory.windows.delete(oldest);
	}
	const made = { Abar, perB };
	memory.windows.set(index, made);
	return made;
}

/**
 * The share of each token 0…t in what this layer reads out at t:
 * ‖ silu(z_t) ⊙ Σ_n C_t (∏_{s=j+1..t} Ā_s) B̄_j x_j ‖ over the channels. Gate included, output projection not.
 * @returns (t + 1)
 */
export function readoutShares(trace: LayerTrace, t: number): Float32Array<ArrayBuffer> {
	expectToken(trace, t);
	const { channels: D, states: N, C, z } = trace;
	const { weight } = memoryOf(trace);
	const [token, channel] = stridesOf(trace, 'C');
	for (let d = 0; d < D; d++) {
		const gate = silu(z[t * D + d]);
		const row = t * token + d * channel;
		for (let n = 0; n < N; n++) weight[d * N + n] = gate * C[row + n];
	}
	return sharesFrom(trace, t, true);
}

/**
 * The share of each token 0…t in this layer's state after t: ‖ (∏_{s=j+1..t} Ā_s) B̄_j x_j ‖ over channels and states.
 * @returns (t + 1)
 */
export function stateShares(trace: LayerTrace, t: number): Float32Array<ArrayBuffer> {
	expectToken(trace, t);
	memoryOf(trace).weight.fill(1);
	return sharesFrom(trace, t, false);
}

/** From t backwards: each token's term under the present weight, then the weight takes that token's Ā. */
function sharesFrom(trace: LayerTrace, t: number, sumStates: boolean): Float32Array<ArrayBuffer> {
	const memory = memoryOf(trace);
	const { channels: D, states: N, x, delta, B } = trace;
	const { weight } = memory;
	const cells = D * N;
	const shares = new Float32Array(t + 1);
	const [token, channel] = stridesOf(trace, 'B');
	const b = new Float64Array(channel === 0 ? N : cells);
	for (let j = t; j >= 0; j--) {
		const { Abar, perB } = windowAt(memory, j);
		const row = (j % WINDOW) * cells;
		const write = writes(trace, j);
		const keep = keeps(trace, j);
		for (let i = 0; i < b.length; i++) b[i] = B[j * token + i];
		let total = 0;
		for (let d = 0, at = 0; d < D; d++) {
			const size = x[j * D + d] * (perB ? 1 : delta[j * D + d]);
			let sum = 0;
			for (let n = 0; n < N; n++, at++) {
				const term = weight[at] * b[d * channel + n] * (perB ? perB[row + at] : 1);
				sum += sumStates ? term : term * term;
				// What has faded below 1e-300 becomes 0: arithmetic on subnormal numbers is many times slower.
				weight[at] = keep * weight[at] * Abar[row + at] + 1e-300 - 1e-300;
			}
			total += size * size * (sumStates ? sum * sum : sum);
		}
		shares[j] = Math.abs(write) * Math.sqrt(total);
		if (keep === 0) break;
	}
	return shares;
}

/**
 * The state (D,N) after token t, in the order of the run and rounded to float32 at each token.
 * @returns a copy
 */
export function statesAt(trace: LayerTrace, t: number): Float32Array<ArrayBuffer> {
	expectToken(trace, t);
	const memory = memoryOf(trace);
	const { checkpoints } = memory;
	let next = 0;
	let state: Float32Array<ArrayBuffer> | null = null;
	for (const [token, kept] of checkpoints)
		if (token <= t + 1 && token >= next) [next, state] = [token, kept];
	if (memory.last && memory.last.token <= t && memory.last.token + 1 >= next)
		[next, state] = [memory.last.token + 1, memory.last.state];
	state = state ? state.slice() : new Float32Array(trace.channels * trace.states);
	for (; next <= t; next++) {
		if (next % WINDOW === 0 && next > 0 && !checkpoints.has(next))
			checkpoints.set(next, state.slice());
		advance(memory, state, next);
	}
	memory.last = { token: t, state };
	return state.slice();
}

/** h_t from h_{t−1}, in place. */
function advance(memory: Memory, state: Float32Array, t: number): void {
	const { trace } = memory;
	const { channels: D, states: N, x, delta, B } = trace;
	const { Abar, perB } = windowAt(memory, t);
	const row = (t % WINDOW) * D * N;
	const [token, channel] = stridesOf(trace, 'B');
	const write = writes(trace, t);
	const keep = keeps(trace, t);
	for (let d = 0, at = 0; d < D; d++) {
		const b = t * token + d * channel;
		const input = write * x[t * D + d] * (perB ? 1 : delta[t * D + d]);
		for (let n = 0; n < N; n++, at++)
			state[at] =
				keep * Abar[row + at] * state[at] + input * B[b + n] * (perB ? perB[row + at] : 1);
	}
}

/** How much token t writes to each channel, and the channels in that order. */
export function channelWrites(trace: LayerTrace, t: number): ChannelWrites {
	expectToken(trace, t);
	const { channels: D, states: N, x, delta, A, B, discretisation = 'official' } = trace;
	const [token, channel] = stridesOf(trace, 'B');
	const unedited = new Float32Array(D);
	for (let d = 0; d < D; d++) {
		let squares = 0;
		for (let n = 0; n < N; n++) {
			const { B_bar } = discretise(discretisation, delta[t * D + d], A[d * N + n]);
			squares += (B_bar * B[t * token + d * channel + n]) ** 2;
		}
		unedited[d] = Math.abs(x[t * D + d]) * Math.sqrt(squares);
	}
	const order = Uint32Array.from(unedited.keys());
	order.sort((a, b) => unedited[b] - unedited[a] || a - b);
	const write = writes(trace, t);
	return { write: unedited.map((v) => Math.abs(write) * v), order };
}

/** h of one channel over the whole text, (L,N), rounded to float32 at each token. */
export function channelHistory(trace: LayerTrace, channel: number): Float32Array<ArrayBuffer> {
	expectChannel(trace, channel);
	const { length, channels: D, states: N, x, delta, A, B, discretisation = 'official' } = trace;
	const [perToken, perChannel] = stridesOf(trace, 'B');
	const history = new Float32Array(length * N);
	for (let t = 0; t < length; t++) {
		for (let n = 0; n < N; n++) {
			const { A_bar, B_bar } = discretise(
				discretisation,
				delta[t * D + channel],
				A[channel * N + n]
			);
			const before = t > 0 ? history[(t - 1) * N + n] : 0;
			history[t * N + n] =
				keeps(trace, t) * Math.fround(A_bar) * before +
				writes(trace, t) * B_bar * B[t * perToken + channel * perChannel + n] * x[t * D + channel];
		}
	}
	return history;
}

function expectChannel(trace: LayerTrace, channel: number): void {
	if (!Number.isInteger(channel) || channel < 0 || channel >= trace.channels)
		throw new RangeError(`Channel ${channel} is not among ${trace.channels}.`);
}

/** How many tokens it takes a cell to lose half of what it holds: ln 2/(Δ|A|), by channel and state, over this text. */
export function halfLives(trace: LayerTrace): ChannelHalfLives {
	const { length, channels: D, states: N, delta, A } = trace;
	const typical = new Float32Array(D * N);
	const shortest = new Float32Array(D * N);
	const longest = new Float32Array(D * N);
	for (let d = 0; d < D; d++) {
		let sum = 0;
		let largest = 0;
		let smallest = Infinity;
		for (let t = 0; t < length; t++) {
			const step = delta[t * D + d];
			sum += step;
			largest = Math.max(largest, step);
			smallest = Math.min(smallest, step);
		}
		for (let n = 0; n < N; n++) {
			const rate = Math.abs(A[d * N + n]);
			typical[d * N + n] = Math.LN2 / ((sum / length) * rate);
			shortest[d * N + n] = Math.LN2 / (largest * rate);
			longest[d * N + n] = Math.LN2 / (smallest * rate);
		}
	}
	return { typical, shortest, longest, channels: D, states: N };
}

/** The numbers of one cell's update at token t: h = Abar · hPrev + Bbar · x. */
export function cellUpdate(
	trace: LayerTrace,
	t: number,
	channel: number,
	state: number
): CellUpdate {
	expectToken(trace, t);
	expectChannel(trace, channel);
	const { channels: D, states: N, discretisation = 'official' } = trace;
	if (!Number.isInteger(state) || state < 0 || state >= N)
		throw new RangeError(`State ${state} is not among ${N}.`);
	const delta = trace.delta[t * D + channel];
	const A = trace.A[channel * N + state];
	const of = (letter: 'B' | 'C') => {
		const [perToken, perChannel] = stridesOf(trace, letter);
		return trace[letter][t * perToken + channel * perChannel + state];
	};
	const B = of('B');
	const { A_bar, B_bar } = discretise(discretisation, delta, A);
	const history = channelHistory(trace, channel);
	return {
		delta,
		A,
		B,
		C: of('C'),
		Abar: keeps(trace, t) * Math.fround(A_bar),
		Bbar: writes(trace, t) * B_bar * B,
		x: trace.x[t * D + channel],
		hPrev: t > 0 ? history[(t - 1) * N + state] : 0,
		h: history[t * N + state]
	};
}
