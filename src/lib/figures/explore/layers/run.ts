// One layer of one run, number by number: the values of every operation at a token, and for each value the sum that made it. How an
// operation's numbers come about is said by the kind of the layer, once for each operation; the rest is the same for all.
import { ACTIVATIONS, softplus } from '#lib/models/plain.ts';
import type { Axis, Operation, OperationId } from '../operations.ts';
import type { Memory } from './memory.ts';

export type Numbers = ArrayLike<number>;

/** An operation of a layer, or what stands before the first layer and after the last. */
export type AnyOperation = OperationId | 'embedding' | 'final' | 'logit';

export type Sign =
	| AnyOperation
	| 'W'
	| 'bias'
	| 'weight'
	| 'scale'
	| 'A'
	| 'skip'
	| 'before'
	| 'silu-z'
	| 'silu-gate'
	| 'act-gate'
	| 'gain'
	| 'tap'
	| 'cos'
	| 'sin'
	| 'root'
	| 'exp-score'
	| 'total'
	| 'share'
	| 'frozen'
	| 'factor'
	| 'held'
	| 'E';

/** A cell: of which operation, at which token, which channel (or number of the stream, …), and which state or earlier token. */
export interface Place {
	/** Unless it is the layer that is looked at. */
	readonly layer?: number;
	readonly operation: AnyOperation;
	readonly token: number;
	/** The real number of the channel, of the stream's number, of the low-rank number, of the head, or of the state. */
	readonly index: number;
	/** Where there is a row of numbers for each: which of the N states, or which earlier token. */
	readonly state?: number;
}

/** A cell of a layer. */
export type CellPlace = Place & { readonly operation: OperationId };

/** A number that a sum is made of. With `at`, it is itself a cell that can be opened. */
export interface Factor {
	/** As it is written: `x`, `Ā`, `W`, `SiLU(z)`. */
	readonly symbol: Sign;
	readonly value: number;
	readonly at?: Place;
}

/** A term of a sum: the product of its factors. */
export interface Term {
	readonly factors: readonly Factor[];
	readonly value: number;
}

export type Then = 'nothing' | 'silu' | 'softplus' | 'exp' | 'relu2' | 'gelu' | 'gelu_tanh';

/** What an operation says of how a cell was made. */
export interface Made {
	/** What is done to the sum at the end. */
	readonly then: Then;
	/** Within what the result is kept after that. */
	readonly limits?: readonly [least: number, most: number] | undefined;
	/** What the result is multiplied by after that, where a reader scales it. */
	readonly times?: number;
	/** Null where the recording does not have the terms. */
	readonly terms: readonly Term[] | null;
	/** How many there are. */
	readonly count: number;
}

export interface Sum extends Made {
	/** Of the terms. */
	readonly sum: number;
	/** What comes out here, worked out from the terms in f64. */
	readonly result: number;
	/** What is shown as the cell's value. */
	readonly shown: number;
}

/** How the numbers of an operation come about. `i` counts what is there along the axis, `n` states or earlier tokens. */
export interface Making {
	/** All numbers at a token, row-major: (there) or (there, N) or (there, t + 1). */
	row(t: number): Numbers;
	made(i: number, t: number, n: number): Made;
	/** The operation keeps its rows itself. */
	readonly kept?: boolean;
}

export type Makings = Partial<Record<OperationId, Making>>;

const APPLY: Readonly<Record<Then, (v: number) => number>> = {
	nothing: (v) => v,
	exp: Math.exp,
	softplus,
	...ACTIVATIONS
};

export interface LayerParts {
	readonly layer: number;
	/** L */
	readonly length: number;
	readonly operations: readonly Operation[];
	/** Which real numbers are there along each axis that the layer has, in rising order. */
	readonly axes: Partial<Readonly<Record<Axis, readonly number[]>>>;
	/** N, where there are states. */
	readonly states: number;
	/** All of them are there, and the weights too. */
	readonly whole: boolean;
	/** How much each number along an axis matters at a token, for those that are there; absent where their order is their own. */
	readonly sizes: Partial<Readonly<Record<Axis, (t: number) => Numbers>>>;
	readonly memory: Memory | null;
	/**
	 * What is handed on to the next token, besides the state: the last inputs of the convolution, as an operation of the layer. In a
	 * Mamba-2 that is `u`, and `uB` and `uC` are carried with it.
	 */
	readonly carriedInputs: { readonly operation: OperationId; readonly tokens: number } | null;
}

/** Numbers that are kept at a time: 16 MB. */
const MOST_KEPT = 2 ** 21;

export class LayerRun implements LayerParts {
	readonly layer: number;
	readonly length: number;
	readonly operations: readonly Operation[];
	readonly axes: LayerParts['axes'];
	readonly states: number;
	readonly whole: boolean;
	readonly sizes: LayerParts['sizes'];
	readonly memory: Memory | null;
	readonly carriedInputs: LayerParts['carriedInputs'];
	readonly #makings: Makings;
	readonly #operationOf: ReadonlyMap<OperationId, Operation>;
	readonly #at: ReadonlyMap<Axis, ReadonlyMap<number, number>>;
	readonly #rows = new Map<string, Numbers>();
	#kept = 0;

	/** @param makingsOf gets the cells of this run, so that a sum may point at them */
	constructor(parts: LayerParts, makingsOf: (cells: Cells) => Makings) {
		this.layer = parts.layer;
		this.length = parts.length;
		this.operations = parts.operations;
		this.axes = parts.axes;
		this.states = parts.states;
		this.whole = parts.whole;
		this.sizes = parts.sizes;
		this.memory = parts.memory;
		this.carriedInputs = parts.carriedInputs;
		this.#operationOf = new Map(parts.operations.map((one) => [one.id, one]));
		this.#at = new Map(
			Object.entries(parts.axes).map(([axis, all]) => [
				axis as Axis,
				new Map(all.map((index, i) => [index, i]))
			])
		);
		this.#makings = makingsOf(new Cells(this));
	}

	/** Numbers of an operation at a token: for what is there along its axis, times N or the tokens so far where it has those. */
	row(operation: OperationId, t: number): Numbers {
		const making = this.#making(operation);
		if (making.kept) return making.row(t);
		const key = `${operation} ${t}`;
		let row = this.#rows.get(key);
		if (!row) {
			row = making.row(t);
			this.#kept += row.length;
			if (this.#kept > MOST_KEPT) {
				this.#rows.clear();
				this.#kept = row.length;
			}
			this.#rows.set(key, row);
		}
		return row;
	}

	/** Is the cell among what is there? */
	has(place: CellPlace): boolean {
		return this.#indexOf(place) >= 0;
	}

	/** NaN where it is not there. */
	value(place: CellPlace): number {
		const at = this.#indexOf(place);
		return at < 0 ? NaN : (this.row(place.operation, place.token)[at] ?? NaN);
	}

	/** Where a real number stands among what is there along an axis; −1 where it does not. */
	position(axis: Axis, index: number): number {
		return this.#at.get(axis)?.get(index) ?? -1;
	}

	/** Real numbers along an axis by how much they matter at a token, most first; in their own order where that says nothing. */
	order(axis: Axis, t: number): readonly number[] {
		const there = this.axes[axis] ?? [];
		const sizes = this.sizes[axis]?.(t);
		if (!sizes) return there;
		return there
			.map((index, i) => [index, sizes[i]] as const)
			.sort((a, b) => b[1] - a[1] || a[0] - b[0])
			.map(([index]) => index);
	}

	/** The sum that made a cell. */
	sum(place: CellPlace): Sum {
		const shown = this.value(place);
		const { axis } = this.operation(place.operation);
		const i = Math.max(0, this.position(axis, place.index));
		const made = this.#making(place.operation).made(i, place.token, place.state ?? 0);
		if (!made.terms) return { ...made, terms: null, sum: NaN, result: NaN, shown };
		const sum = made.terms.reduce((total, { value }) => total + value, 0);
		const [least, most] = made.limits ?? [-Infinity, Infinity];
		const kept = Math.min(Math.max(APPLY[made.then](sum), least), most);
		return { ...made, sum, result: kept * (made.times ?? 1), shown };
	}

	operation(id: OperationId): Operation {
		const operation = this.#operationOf.get(id);
		if (!operation) throw new RangeError(`Layer ${this.layer} has no ${id}.`);
		return operation;
	}

	/** How many numbers stand for one along the axis. */
	width(id: OperationId, t: number): number {
		const { second } = this.operation(id);
		return second === 'state' ? this.states : second === 'token' ? t + 1 : 1;
	}

	#making(id: OperationId): Making {
		const making = this.#makings[id];
		if (!making) throw new RangeError(`Layer ${this.layer} has no ${id}.`);
		return making;
	}

	#indexOf({ operation, token, index, state = 0 }: CellPlace): number {
		if (!this.#operationOf.has(operation)) return -1;
		const i = this.position(this.operation(operation).axis, index);
		const width = this.width(operation, token);
		return i < 0 || state >= width ? -1 : i * width + state;
	}
}

/** Cells of a run as the factors and terms of sums. */
export class Cells {
	readonly #run: LayerRun;

	constructor(run: LayerRun) {
		this.#run = run;
	}

	row(operation: OperationId, t: number): Numbers {
		return this.#run.row(operation, t);
	}

	/** The cell `i` of what is there. */
	cell(operation: OperationId, i: number, token: number, state?: number): Factor {
		const { axis } = this.#run.operation(operation);
		const index = this.#run.axes[axis]?.[i] ?? i;
		const at: CellPlace = { operation, token, index, ...(state !== undefined && { state }) };
		return { symbol: operation, value: this.#run.value(at), at };
	}

	/** Σ over a row of a matrix (out, in) and the values that it meets. */
	product(
		matrix: Numbers | undefined,
		row: number,
		width: number,
		from: OperationId,
		t: number,
		bias?: number
	): Made {
		return {
			then: 'nothing',
			count: width + (bias === undefined ? 0 : 1),
			terms: matrix
				? [
						...(bias === undefined ? [] : [term(fixed('bias', bias))]),
						...Array.from({ length: width }, (_, k) =>
							term(fixed('W', matrix[row * width + k]), this.cell(from, k, t))
						)
					]
				: null
		};
	}
}

export const fixed = (symbol: Sign, value: number): Factor => ({ symbol, value });

export const term = (...factors: Factor[]): Term => ({
	factors,
	value: factors.reduce((product, { value }) => product * value, 1)
});

export const summed = (terms: readonly Term[], then: Then = 'nothing'): Made => ({
	then,
	terms,
	count: terms.length
});

/** A number for each of `of`. */
export const each = (of: { readonly length: number }, made: (i: number) => number): Float64Array =>
	Float64Array.from({ length: of.length }, (_, i) => made(i));

export const upTo = (count: number): readonly number[] =>
	Array.from({ length: count }, (_, i) => i);

export const rowOf = (all: Float32Array, width: number, t: number): Float32Array =>
	all.subarray(t * width, (t + 1) * width);

/** 1 / √(mean(v²) + ε) */
export function scaleOf(v: Numbers, epsilon: number): number {
	let squares = 0;
	for (let i = 0; i < v.length; i++) squares += v[i] * v[i];
	return 1 / Math.sqrt(squares / v.length + epsilon);
}

/** √Σ of each column of a matrix (rows, columns), squared: how far a channel reaches into the stream. */
export function columnLengths(matrix: Numbers, columns: number): Float64Array {
	const squares = new Float64Array(columns);
	for (let at = 0; at < matrix.length; at++) squares[at % columns] += matrix[at] ** 2;
	return squares.map(Math.sqrt);
}
