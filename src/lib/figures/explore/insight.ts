// What the views of a whole text show, worked out from the same trace as its cells. Numbers come in, numbers go out: nothing is drawn
// here. What takes long is a generator, so that whoever draws it can take it in slices.
import { halfLifeOf, type Memory } from './layers/memory.ts';
import type { LayerRun, Numbers } from './layers/run.ts';
import type { Operation, OperationId } from './operations.ts';

/* ---- Words of a long text ---- */

/**
 * At most `most` tokens around the chosen one. The window stands still while the choice moves within it, and turns on like a page near
 * its edges, so that a word that is pressed stays under the finger.
 */
export function pageAround(length: number, token: number, most: number): readonly number[] {
	const size = Math.min(length, most);
	const margin = Math.floor(size / 8);
	const step = Math.max(1, size - 2 * margin);
	const first = Math.max(0, Math.min(Math.floor(token / step) * step - margin, length - size));
	return Array.from({ length: size }, (_, i) => first + i);
}

/* ---- The next word ---- */

export interface Choosing {
	/** 0 is greedy. */
	readonly temperature: number;
	/** 0 is no limit. */
	readonly topK: number;
	/** 1 is no limit. */
	readonly topP: number;
}

export type CutBy = 'temperature' | 'topK' | 'topP';

export interface Sampled {
	/** Ids, likeliest first. What is kept stands first. */
	readonly order: readonly number[];
	/** By id: softmax of the logits, as the model says it. */
	readonly before: Float64Array;
	/** By id: the chance to be drawn; 0 of what is cut. */
	readonly after: Float64Array;
	/** How many are kept. */
	readonly kept: number;
	/** What cuts the word at this place of the order; null for one that is kept. */
	cutBy(place: number): CutBy | null;
}

/** Ids by their logit, the largest first, the lower id first among equals. */
export const ranked = (logits: Numbers): readonly number[] =>
	Array.from({ length: logits.length }, (_, id) => id).sort(
		(a, b) => logits[b] - logits[a] || a - b
	);

/**
 * The chances of the next word as the sampler has them: temperature, then top-k, then top-p as a share of what top-k kept; both keep all
 * that equal the last one kept. The same sums in the same order as `kernels/sample/reference.ts`.
 */
export function sampled(
	logits: Numbers,
	{ temperature, topK, topP }: Choosing,
	order: readonly number[] = ranked(logits)
): Sampled {
	const size = order.length;
	const highest = logits[order[0]];
	const shares = (warmth: number, count: number): Float64Array => {
		const chances = new Float64Array(size);
		let whole = 0;
		for (let i = 0; i < count; i++)
			whole += chances[order[i]] = Math.exp((logits[order[i]] - highest) / warmth);
		for (let i = 0; i < count; i++) chances[order[i]] /= whole;
		return chances;
	};
	/** With all that equal the last one. */
	const withEquals = (count: number, of: number): number => {
		while (count < of && logits[order[count]] === logits[order[count - 1]]) count++;
		return count;
	};
	const before = shares(1, size);
	if (temperature <= 0)
		return {
			order,
			before,
			after: Float64Array.from(before, (_, id) => (id === order[0] ? 1 : 0)),
			kept: 1,
			cutBy: (place) => (place < 1 ? null : 'temperature')
		};
	const byK = topK > 0 && topK < size ? withEquals(topK, size) : size;
	let kept = byK;
	if (topP < 1) {
		const weight = (i: number) => Math.exp((logits[order[i]] - highest) / temperature);
		let whole = 0;
		for (let i = 0; i < byK; i++) whole += weight(i);
		let sum = 0;
		for (kept = 0; kept < byK;) {
			sum += weight(kept++);
			if (sum >= topP * whole) break;
		}
		kept = withEquals(kept, byK);
	}
	return {
		order,
		before,
		after: shares(temperature, kept),
		kept,
		cutBy: (place) => (place < kept ? null : place < byK ? 'topP' : 'topK')
	};
}

/* ---- Δ ---- */

export const hasOperation = (run: LayerRun | null, id: OperationId): run is LayerRun =>
	run?.operations.some((operation) => operation.id === id) ?? false;

/** Mean of Δ over the channels, or heads, that are there. */
export const meanDelta = (run: LayerRun, t: number): number => meanOf(run.row('delta', t));

const meanOf = (values: Numbers): number => {
	let sum = 0;
	for (let i = 0; i < values.length; i++) sum += values[i];
	return sum / values.length;
};

/** Places of the largest, the largest first. */
export const largestOf = (values: Numbers, count: number): readonly number[] =>
	Array.from({ length: values.length }, (_, i) => i)
		.sort((a, b) => values[b] - values[a] || a - b)
		.slice(0, count);

/* ---- Half-lives ---- */

/** Of an even number the lower of the two in the middle, so that it is one of them. */
export const medianOf = (values: Numbers): number =>
	Float64Array.from(values).sort()[Math.floor((values.length - 1) / 2)];

export interface Lives {
	/** (channels, N): ln 2 / (Δ|A|) in words, at one word's Δ. */
	readonly values: Float64Array;
	/** Places of the channels, by the median of their half-lives, shortest first. */
	readonly order: readonly number[];
}

export function livesAt(memory: Memory, t: number): Lives {
	const { channels, states: N } = memory;
	const values = new Float64Array(channels.length * N);
	const medians = channels.map((_, d) => {
		const perWord = Math.LN2 / memory.delta(t, d);
		for (let n = 0; n < N; n++) values[d * N + n] = perWord / Math.abs(memory.A(d, n));
		return medianOf(values.subarray(d * N, (d + 1) * N));
	});
	const order = [...medians.keys()].sort((a, b) => medians[a] - medians[b] || a - b);
	return { values, order };
}

export interface LifeRange {
	readonly shortest: number;
	readonly median: number;
	readonly longest: number;
	/** Words at which it is shortest and longest. */
	readonly at: { readonly shortest: number; readonly longest: number };
}

/** How one state's half-life changes with the words of the text. */
export function lifeRange(memory: Memory, d: number, n: number): LifeRange {
	const lives = Float64Array.from({ length: memory.length }, (_, t) => halfLifeOf(memory, t, d, n));
	const order = [...lives.keys()].sort((a, b) => lives[a] - lives[b] || a - b);
	const [first, last] = [order[0], order[order.length - 1]];
	return {
		shortest: lives[first],
		median: medianOf(lives),
		longest: lives[last],
		at: { shortest: first, longest: last }
	};
}

export interface Bin {
	readonly from: number;
	readonly to: number;
	readonly count: number;
}

/** How many values lie between one power of two and the next; what is longer than `most` is in the last. */
export function octaves(values: Numbers, most = 2 ** 20): readonly Bin[] {
	const powers = Array.from({ length: values.length }, (_, i) =>
		Math.floor(Math.log2(Math.min(values[i], most)))
	);
	const first = powers.reduce((a, b) => Math.min(a, b), Infinity);
	const last = powers.reduce((a, b) => Math.max(a, b), -Infinity);
	const counts = new Array<number>(last - first + 1).fill(0);
	for (const power of powers) counts[power - first]++;
	return counts.map((count, i) => ({ from: 2 ** (first + i), to: 2 ** (first + i + 1), count }));
}

/* ---- What a word has in later read-outs ---- */

/** Ā of every cell at a token, (channels, N). */
export const keptAt = (memory: Memory, t: number): Float64Array =>
	cells(memory, (d, n) => memory.keep(t, d, n));

/** B̄x of every cell at a token. */
export const writtenAt = (memory: Memory, t: number): Float64Array =>
	cells(memory, (d, n) => memory.write(t, d, n));

/** C of every cell at a token, times the gate where it is to be counted. */
export function readAt(memory: Memory, t: number, gated: boolean): Float64Array {
	const gates = memory.channels.map((_, d) => (gated ? memory.gate(t, d) : 1));
	return cells(memory, (d, n) => gates[d] * memory.read(t, d, n));
}

function cells({ channels, states: N }: Memory, at: (d: number, n: number) => number) {
	const values = new Float64Array(channels.length * N);
	for (let d = 0, i = 0; d < channels.length; d++)
		for (let n = 0; n < N; n++, i++) values[i] = at(d, n);
	return values;
}

/** (channels): Σ_n of two (channels, N). */
function summed(a: Numbers, b: Numbers, states: number): Float64Array {
	const sums = new Float64Array(a.length / states);
	for (let d = 0, i = 0; d < sums.length; d++) {
		let sum = 0;
		for (let n = 0; n < states; n++, i++) sum += a[i] * b[i];
		sums[d] = sum;
	}
	return sums;
}

export const normOf = (values: Numbers): number => {
	let squares = 0;
	for (let i = 0; i < values.length; i++) squares += values[i] * values[i];
	return Math.sqrt(squares);
};

/** Where another text's state takes the place of the one before token t, nothing of earlier words is left. */
const forget = (memory: Memory, t: number, lasted: Float64Array): void => {
	if (memory.foreign(t)) lasted.fill(0);
};

/** The states before a token, some words a step: they follow from one another, and of a long text that takes long. */
export function* statesBefore(memory: Memory, t: number): Generator<undefined> {
	for (let s = 0; s < t; s += 8) {
		memory.h(s);
		yield;
	}
}

export interface LaterPart {
	readonly token: number;
	/** (channels): what the word has in the read-out there, times the gate. */
	readonly parts: Float64Array;
	/** Its length over the channels. */
	readonly size: number;
	/** The length of the whole read-out there, times the gate: of the sum of all words' parts. */
	readonly whole: number;
}

/**
 * What word s has in what the layer reads out at each word from s on: SiLU(z_t) Σ_n C_t Ā_t ⋯ Ā_{s+1} B̄_s x_s. Skip and convolution are
 * not in it. One step a word.
 */
export function* laterOf(memory: Memory, s: number): Generator<LaterPart> {
	const lasted = writtenAt(memory, s);
	for (let t = s; t < memory.length; t++) {
		if (t > s) {
			const kept = keptAt(memory, t);
			for (let i = 0; i < lasted.length; i++) lasted[i] *= kept[i];
			forget(memory, t, lasted);
		}
		const read = readAt(memory, t, true);
		const parts = summed(read, lasted, memory.states);
		const whole = normOf(summed(read, memory.h(t), memory.states));
		yield { token: t, parts, size: normOf(parts), whole };
	}
}

/* ---- The implied matrix ---- */

/**
 * Of one channel: what each word has in each later read-out, (tokens, tokens) with the later word down, and its sign. Rows do not sum to
 * one; nothing normalises them. Convolution, skip and gate are not in it. Source: Ali, Zimerman and Wolf, The Hidden Attention of Mamba
 * Models (2024).
 * @param tokens that stand beside one another
 */
export function impliedOf(memory: Memory, tokens: readonly number[], d: number): Float64Array {
	const { states: N } = memory;
	const size = tokens.length;
	const matrix = new Float64Array(size * size);
	const rows = (at: (t: number, n: number) => number) =>
		tokens.map((t) => Float64Array.from({ length: N }, (_, n) => at(t, n)));
	const kept = rows((t, n) => memory.keep(t, d, n));
	const written = rows((t, n) => memory.write(t, d, n));
	const read = rows((t, n) => memory.read(t, d, n));
	for (let s = 0; s < size; s++) {
		const lasted = written[s].slice();
		for (let t = s; t < size; t++) {
			if (t > s) {
				for (let n = 0; n < N; n++) lasted[n] *= kept[t][n];
				forget(memory, tokens[t], lasted);
			}
			matrix[t * size + s] = summed(read[t], lasted, N)[0];
		}
	}
	return matrix;
}

export interface ImpliedColumn {
	/** Which of the tokens it is that the column is of. */
	readonly column: number;
	/** (tokens): √Σ over the channels of its squared part at each token, with the sign of the largest; 0 at earlier ones. */
	readonly sizes: Float64Array;
	/** (tokens): place of the channel in which its part is largest. */
	readonly loudest: Int32Array;
}

/**
 * As `impliedOf` over all channels at once: how large each word’s part is. The last word's column first, in two steps each: what it keeps
 * and reads, and then the column.
 */
export function* impliedColumns(
	memory: Memory,
	tokens: readonly number[],
	gated: boolean
): Generator<ImpliedColumn | null> {
	const { states: N, channels } = memory;
	const size = tokens.length;
	const kept: Float64Array[] = [];
	const read: Float64Array[] = [];
	for (let s = size - 1; s >= 0; s--) {
		kept[s] = keptAt(memory, tokens[s]);
		read[s] = readAt(memory, tokens[s], gated);
		yield null;
		const lasted = writtenAt(memory, tokens[s]);
		const sizes = new Float64Array(size);
		const loudest = new Int32Array(size);
		for (let t = s; t < size; t++) {
			const [keep, C] = [kept[t], read[t]];
			if (t > s) forget(memory, tokens[t], lasted);
			let [squares, largest] = [0, 0];
			for (let d = 0, i = 0; d < channels.length; d++) {
				let part = 0;
				for (let n = 0; n < N; n++, i++) {
					if (t > s) lasted[i] *= keep[i];
					part += C[i] * lasted[i];
				}
				squares += part * part;
				if (Math.abs(part) > Math.abs(largest)) {
					largest = part;
					loudest[t] = d;
				}
			}
			sizes[t] = Math.sign(largest) * Math.sqrt(squares);
		}
		yield { column: s, sizes, loudest };
	}
}

/* ---- Effective rank ---- */

/** Hᵀ H of a matrix H of rows with `columns` numbers each. */
export function gramOf(matrix: Numbers, columns: number): Float64Array {
	const gram = new Float64Array(columns * columns);
	for (let row = 0; row < matrix.length; row += columns)
		for (let i = 0; i < columns; i++) {
			const value = matrix[row + i];
			for (let k = i; k < columns; k++) gram[i * columns + k] += value * matrix[row + k];
		}
	for (let i = 0; i < columns; i++)
		for (let k = 0; k < i; k++) gram[i * columns + k] = gram[k * columns + i];
	return gram;
}

const MOST_SWEEPS = 30;

/**
 * Eigenvalues of a symmetric matrix, the largest first: cyclic Jacobi rotations. Source: Golub and Van Loan, Matrix Computations,
 * section 8.5 (fourth edition).
 */
export function eigenvaluesOf(symmetric: Numbers, size: number): Float64Array {
	const a = Float64Array.from(symmetric);
	const whole = normOf(a);
	for (let sweep = 0; sweep < MOST_SWEEPS; sweep++) {
		let off = 0;
		for (let p = 0; p < size; p++) for (let q = p + 1; q < size; q++) off += a[p * size + q] ** 2;
		if (Math.sqrt(off) <= 1e-15 * whole) break;
		for (let p = 0; p < size; p++) for (let q = p + 1; q < size; q++) rotate(a, size, p, q);
	}
	return Float64Array.from({ length: size }, (_, i) => a[i * size + i])
		.sort()
		.reverse();
}

/** Turn rows and columns p and q so that the number where they meet is 0. */
function rotate(a: Float64Array, size: number, p: number, q: number): void {
	const met = a[p * size + q];
	if (met === 0) return;
	const slope = (a[q * size + q] - a[p * size + p]) / (2 * met);
	const tangent = (slope < 0 ? -1 : 1) / (Math.abs(slope) + Math.hypot(1, slope));
	const cosine = 1 / Math.hypot(1, tangent);
	const sine = cosine * tangent;
	for (let i = 0; i < size; i++) {
		const [u, v] = [a[i * size + p], a[i * size + q]];
		a[i * size + p] = cosine * u - sine * v;
		a[i * size + q] = sine * u + cosine * v;
	}
	for (let i = 0; i < size; i++) {
		const [u, v] = [a[p * size + i], a[q * size + i]];
		a[p * size + i] = cosine * u - sine * v;
		a[q * size + i] = sine * u + cosine * v;
	}
}

/**
 * Singular values of a (channels, N) state, the largest first, from its N × N Gram matrix. Squaring loses those below about 1e-8 of the
 * largest, which no sum here would notice.
 */
export const spectrumOf = (state: Numbers, states: number): Float64Array =>
	eigenvaluesOf(gramOf(state, states), states).map((value) => Math.sqrt(Math.max(0, value)));

/**
 * How many directions are used: e to the entropy of the singular values as shares of their sum; 1 where only one is not 0, their number
 * where all are equal, 0 of nothing. Source: Roy and Vetterli, The effective rank (2007).
 */
export function effectiveRank(singular: Numbers): number {
	const values = Array.from(singular);
	const sum = values.reduce((a, b) => a + b, 0);
	if (sum === 0) return 0;
	const entropy = values.reduce((total, value) => {
		const share = value / sum;
		return share > 0 ? total - share * Math.log(share) : total;
	}, 0);
	return Math.exp(entropy);
}

/* ---- What goes on to the next word ---- */

export interface Carried {
	/** Numbers of the state. */
	readonly state: number;
	/** Inputs of the convolution that are kept. */
	readonly inputs: number;
	/** Keys and values of all words so far. */
	readonly cache: number;
	/** Of these, what each word adds. */
	readonly grows: number;
}

/** What is made by the convolution of Mamba-2 besides x; its inputs are kept, too. */
const CONVOLVED = ['uB', 'uC'] as const;

/** What the layer hands on after token t, counted from its shapes: all of it, also where a recording holds less. */
export function carriedBy(
	operations: readonly Operation[],
	inputs: LayerRun['carriedInputs'],
	t: number
): Carried {
	const numbers = (id: OperationId) =>
		operations
			.find((operation) => operation.id === id)
			?.shape.reduce((product, { size }) => product * size, 1) ?? 0;
	const width = inputs
		? [inputs.operation, ...CONVOLVED].reduce((sum, id) => sum + numbers(id), 0)
		: 0;
	const grows = numbers('k') + numbers('v');
	return {
		state: numbers('h'),
		inputs: (inputs?.tokens ?? 0) * width,
		cache: grows * (t + 1),
		grows
	};
}

export const carriedInAll = ({ state, inputs, cache }: Carried): number => state + inputs + cache;

/**
 * What all layers hand on after token t, in numbers; null where one of them is neither there nor of the shape of one that is.
 * @param known operations of layers that need not be there yet
 */
export function carriedByAll(
	runs: readonly (Pick<LayerRun, 'operations' | 'carriedInputs'> | null)[],
	known: readonly (readonly Operation[])[],
	t: number
): number | null {
	const shapeOf = (operations: readonly Operation[]) =>
		JSON.stringify(operations.map(({ id, shape }) => [id, shape]));
	const there = new Map(
		runs.flatMap((run) => (run ? [[shapeOf(run.operations), run] as const] : []))
	);
	let sum = 0;
	for (let l = 0; l < Math.max(runs.length, known.length); l++) {
		const run = runs[l] ?? (known[l] && there.get(shapeOf(known[l])));
		if (!run) return null;
		sum += carriedInAll(carriedBy(run.operations, run.carriedInputs, t));
	}
	return sum;
}

/* ---- Slices ---- */

/** Milliseconds of a slice. */
const SLICE = 12;

/**
 * Take the steps of something long a few milliseconds at a time, so that the page stays alive, until it ends or is no longer wanted.
 * @param onslice is told after each slice; what it should show, the steps have left
 */
export async function inSlices(
	steps: Iterator<unknown>,
	signal: AbortSignal,
	onslice: (done: boolean) => void
): Promise<void> {
	for (;;) {
		const until = performance.now() + SLICE;
		let done: boolean | undefined = false;
		while (!done && performance.now() < until) done = steps.next().done;
		onslice(done === true);
		if (done) return;
		await new Promise((resolve) => setTimeout(resolve));
		if (signal.aborted) return;
	}
}
