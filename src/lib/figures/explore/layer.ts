// One layer of one run, number by number: the values of every operation at a token, and for each value the sum that made it. What the run
// traced is taken as it is; what lies between, and the state, is worked out here from it, for the token that is looked at.
//
// Source: Gu and Dao, Mamba (2023), Algorithm 2; the references of the kernels, whose lines are shown beside the sums.
import { ACTIVATIONS } from '#kernels/linear/reference.ts';
import { discretise, type Discretisation } from '#kernels/selective_scan/reference.ts';
import type { OperationId } from './operations.ts';

export type Numbers = ArrayLike<number>;

export interface Sizes {
	/** L */
	readonly length: number;
	/** Numbers of the residual stream. */
	readonly stream: number;
	/** D */
	readonly channels: number;
	/** N */
	readonly states: number;
	/** R */
	readonly rank: number;
	/** K; 0 where there is no convolution. */
	readonly taps: number;
	readonly epsilon: number;
	readonly rule: Discretisation;
}

/** What is the same at every token, for the channels and numbers of the stream that are there. */
export interface Constants {
	/** (stream): the weight of the norm. */
	readonly norm: Numbers;
	/** (channels, K) */
	readonly conv: Numbers;
	/** (channels) */
	readonly convBias: Numbers;
	/** (channels, N) */
	readonly A: Numbers;
	/** (channels) */
	readonly skip: Numbers;
	/** (channels): length of each channel's column of out_proj. */
	readonly reach: Numbers;
}

/** The projections, which only the model itself has; all rows and columns. */
export interface Projections {
	/** (2D, stream): u's rows, then z's. */
	readonly inProj: Numbers;
	/** (R + 2N, D) */
	readonly xProj: Numbers;
	/** (D, R) */
	readonly dtProj: Numbers;
	/** (D) */
	readonly dtBias: Numbers;
	/** (stream, D) */
	readonly outProj: Numbers;
	/** (2D) and (stream), where the model has them. */
	readonly inBias?: Numbers | undefined;
	readonly outBias?: Numbers | undefined;
}

/** Where a layer's numbers come from: a recording, or a run. Functions of a token give one row. */
export interface LayerSource {
	readonly layer: number;
	readonly sizes: Sizes;
	/** Which numbers of the stream are there, in rising order. */
	readonly dims: readonly number[];
	/** Which channels are there, in rising order. */
	readonly channels: readonly number[];
	readonly constants: Constants;
	readonly projections: Projections | null;
	input(t: number): Numbers;
	/** 1 / RMS of what enters. */
	scale(t: number): number;
	u(t: number): Numbers;
	z(t: number): Numbers;
	low(t: number): Numbers;
	raw(t: number): Numbers;
	B(t: number): Numbers;
	C(t: number): Numbers;
	out(t: number): Numbers;
	/** As the run has it; null where it follows from the rest. */
	traced(name: 'x' | 'delta' | 'y' | 'gated', t: number): Numbers | null;
}

/** A number that a sum is made of. With `at`, it is itself a cell that can be opened. */
export interface Factor {
	/** As it is written: `x`, `Ā`, `W`, `SiLU(z)`. */
	readonly symbol: Sign;
	readonly value: number;
	readonly at?: Place;
}

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
	| 'gain'
	| 'tap'
	| 'E';

/** An operation of a layer, or what stands before the first layer and after the last. */
export type AnyOperation = OperationId | 'embedding' | 'final' | 'logit';

/** A cell: of which operation, at which token, which channel (or number of the stream, …), and which state. */
export interface Place {
	/** Unless it is the layer that is looked at. */
	readonly layer?: number;
	readonly operation: AnyOperation;
	readonly token: number;
	/** The real number of the channel, of the stream's number, of the low-rank number, or of the state. */
	readonly index: number;
	/** Where there are N numbers for each channel. */
	readonly state?: number;
}

/** A cell of a layer. */
export type CellPlace = Place & { readonly operation: OperationId };

/** A term of a sum: the product of its factors. */
export interface Term {
	readonly factors: readonly Factor[];
	readonly value: number;
}

export interface Sum {
	/** What is done to the sum at the end. */
	readonly then: 'nothing' | 'silu' | 'softplus' | 'exp';
	/** Null where the recording does not have the terms. */
	readonly terms: readonly Term[] | null;
	/** How many there are. */
	readonly count: number;
	/** Of the terms. */
	readonly sum: number;
	/** What comes out here, worked out from the terms in f64. */
	readonly result: number;
	/** What is shown as the cell's value. */
	readonly shown: number;
}

const { silu, softplus } = ACTIVATIONS;
/** A state is kept every so many tokens, and what is looked at is computed from the one before. */
const EVERY = 32;
const MOST_STATES = 160;
/** Numbers that are kept at a time: 16 MB. */
const MOST_KEPT = 2 ** 21;

export class LayerRun {
	readonly source: LayerSource;
	readonly #rows = new Map<string, Numbers>();
	#kept = 0;
	readonly #states = new Map<number, Float64Array>();
	readonly #channelAt: ReadonlyMap<number, number>;
	readonly #dimAt: ReadonlyMap<number, number>;

	constructor(source: LayerSource) {
		this.source = source;
		this.#channelAt = new Map(source.channels.map((d, i) => [d, i]));
		this.#dimAt = new Map(source.dims.map((d, i) => [d, i]));
	}

	get sizes(): Sizes {
		return this.source.sizes;
	}

	/** Numbers of an operation at a token: for the channels or numbers of the stream that are there, times N where it has states. */
	row(operation: OperationId, t: number): Numbers {
		if (operation === 'h') return this.#state(t);
		const key = `${operation} ${t}`;
		let row = this.#rows.get(key);
		if (!row) {
			row = this.#compute(operation, t);
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
		return this.#at(place) >= 0;
	}

	value(place: CellPlace): number {
		const at = this.#at(place);
		return at < 0 ? NaN : this.row(place.operation, place.token)[at];
	}

	/** Channels by how much they add to the stream at a token, |gated| · length of their column of out_proj, most first. */
	loudest(t: number): number[] {
		const gated = this.row('gated', t);
		const { reach } = this.source.constants;
		return this.source.channels
			.map((d, i) => [d, Math.abs(gated[i]) * reach[i]] as const)
			.sort((a, b) => b[1] - a[1] || a[0] - b[0])
			.map(([d]) => d);
	}

	/** Numbers of the stream by the size of what the layer adds to them at a token, most first. */
	largestAdded(t: number): number[] {
		const out = this.row('out', t);
		return this.source.dims
			.map((d, i) => [d, Math.abs(out[i])] as const)
			.sort((a, b) => b[1] - a[1] || a[0] - b[0])
			.map(([d]) => d);
	}

	/**
	 * What each word up to t has in a state of a channel after t, Ā_t ⋯ Ā_{s+1} B̄_s x_s; without a state, in what the channel reads out
	 * there: Σ_n C_n of that. The parts sum to the value. Of the read-outs they are a row of the layer's implied attention matrix for this
	 * channel, with its sign; convolution, skip and gate are not in it. Source: Ali, Zimerman and Wolf, The Hidden Attention of Mamba
	 * Models (2024).
	 */
	parts(t: number, channel: number, state: number | null): Float64Array {
		const parts = new Float64Array(t + 1);
		const d = this.#channelAt.get(channel);
		if (d === undefined) return parts;
		const { states: N, rule } = this.sizes;
		const { A } = this.source.constants;
		const C = this.row('C', t);
		for (const n of state === null ? Array.from({ length: N }, (_, i) => i) : [state]) {
			let lasted = state === null ? C[n] : 1;
			for (let s = t; s >= 0; s--) {
				const { A_bar, B_bar } = discretise(rule, this.row('delta', s)[d], A[d * N + n]);
				parts[s] += lasted * B_bar * this.row('B', s)[n] * this.row('x', s)[d];
				lasted *= A_bar;
			}
		}
		return parts;
	}

	/** ln 2 / (Δ|A|), in words, of one state of a channel at one word's Δ. */
	halfLife(t: number, channel: number, state: number): number {
		const d = this.#channelAt.get(channel);
		if (d === undefined) return NaN;
		const A = this.source.constants.A[d * this.sizes.states + state];
		return Math.LN2 / (this.row('delta', t)[d] * Math.abs(A));
	}

	/** The sum that made a cell. */
	sum(place: CellPlace): Sum {
		const shown = this.value(place);
		const made = this.#terms(place);
		if (!made.terms) return { ...made, terms: null, sum: NaN, result: NaN, shown };
		const sum = made.terms.reduce((total, { value }) => total + value, 0);
		const result =
			made.then === 'silu'
				? silu(sum)
				: made.then === 'softplus'
					? softplus(sum)
					: made.then === 'exp'
						? Math.exp(sum)
						: sum;
		return { ...made, sum, result, shown };
	}

	#at({ operation, index, state }: CellPlace): number {
		switch (operation) {
			case 'input':
			case 'norm':
			case 'out':
			case 'next':
				return this.#dimAt.get(index) ?? -1;
			case 'low':
				return index < this.sizes.rank ? index : -1;
			case 'B':
			case 'C':
				return index < this.sizes.states ? index : -1;
			case 'Abar':
			case 'Bbar':
			case 'h': {
				const at = this.#channelAt.get(index);
				return at === undefined ? -1 : at * this.sizes.states + (state ?? 0);
			}
			default:
				return this.#channelAt.get(index) ?? -1;
		}
	}

	#compute(operation: OperationId, t: number): Numbers {
		const { source } = this;
		const { constants } = source;
		const { states: N, taps: K, rule } = this.sizes;
		const row = (id: OperationId) => this.row(id, t);
		const each = (of: Numbers, made: (i: number) => number) =>
			Float64Array.from({ length: of.length }, (_, i) => made(i));
		switch (operation) {
			case 'input':
			case 'u':
			case 'z':
			case 'low':
			case 'raw':
			case 'B':
			case 'C':
			case 'out':
				return source[operation](t);
			case 'norm': {
				const [v, scale] = [row('input'), source.scale(t)];
				return each(v, (i) => v[i] * scale * constants.norm[i]);
			}
			case 'conv': {
				const window = Array.from({ length: K }, (_, k) => {
					const from = t - (K - 1) + k;
					return from < 0 ? null : this.row('u', from);
				});
				return each(constants.convBias, (d) =>
					window.reduce(
						(sum, u, k) => sum + constants.conv[d * K + k] * (u ? u[d] : 0),
						constants.convBias[d]
					)
				);
			}
			case 'x': {
				const before = row(K > 0 ? 'conv' : 'u');
				return source.traced('x', t) ?? each(before, (d) => silu(before[d]));
			}
			case 'delta': {
				const traced = source.traced('delta', t);
				if (traced) return traced;
				const raw = row('raw');
				return each(raw, (d) => softplus(raw[d]));
			}
			case 'Abar': {
				const delta = row('delta');
				return each(
					constants.A,
					(at) => discretise(rule, delta[Math.floor(at / N)], constants.A[at]).A_bar
				);
			}
			case 'Bbar': {
				const [delta, B] = [row('delta'), row('B')];
				return each(
					constants.A,
					(at) => discretise(rule, delta[Math.floor(at / N)], constants.A[at]).B_bar * B[at % N]
				);
			}
			case 'read': {
				const [h, C] = [row('h'), row('C')];
				return each(constants.skip, (d) => {
					let sum = 0;
					for (let n = 0; n < N; n++) sum += C[n] * h[d * N + n];
					return sum;
				});
			}
			case 'y': {
				const traced = source.traced('y', t);
				if (traced) return traced;
				const [read, x] = [row('read'), row('x')];
				return each(read, (d) => read[d] + constants.skip[d] * x[d]);
			}
			case 'gated': {
				const traced = source.traced('gated', t);
				if (traced) return traced;
				const [y, z] = [row('y'), row('z')];
				return each(y, (d) => y[d] * silu(z[d]));
			}
			case 'next': {
				const [v, out] = [row('input'), row('out')];
				return each(v, (i) => v[i] + out[i]);
			}
			case 'h':
				return this.#state(t);
		}
	}

	/** h after token t, from the nearest state that is kept. */
	#state(t: number): Float64Array {
		const kept = this.#states.get(t);
		if (kept) return kept;
		const { states: N, rule } = this.sizes;
		const { A } = this.source.constants;
		const D = this.source.channels.length;
		let from = t;
		while (from >= 0 && !this.#states.has(from)) from--;
		let h = this.#states.get(from) ?? new Float64Array(D * N);
		for (let s = from + 1; s <= t; s++) {
			const [delta, B, x] = [this.row('delta', s), this.row('B', s), this.row('x', s)];
			const next = new Float64Array(D * N);
			for (let d = 0; d < D; d++)
				for (let n = 0; n < N; n++) {
					const at = d * N + n;
					if (rule === 'official')
						next[at] = Math.exp(delta[d] * A[at]) * h[at] + delta[d] * B[n] * x[d];
					else {
						const { A_bar, B_bar } = discretise(rule, delta[d], A[at]);
						next[at] = A_bar * h[at] + B_bar * B[n] * x[d];
					}
				}
			h = next;
			if (s % EVERY === 0 || s >= t - 1) this.#states.set(s, h);
		}
		if (this.#states.size > MOST_STATES)
			for (const s of this.#states.keys()) if (s % EVERY !== 0 && s < t - 1) this.#states.delete(s);
		return h;
	}

	#terms(place: CellPlace): Pick<Sum, 'then' | 'terms' | 'count'> {
		const { operation, token: t, index } = place;
		const n = place.state ?? 0;
		const { source } = this;
		const { constants, projections } = source;
		const { stream: E, channels: D, states: N, rank: R, taps: K, rule } = this.sizes;
		const cell = (id: OperationId, i: number, state?: number, token = t): Factor => {
			const at = { operation: id, token, index: i, ...(state !== undefined && { state }) };
			return { symbol: id, value: this.value(at), at };
		};
		const fixed = (symbol: Sign, value: number): Factor => ({ symbol, value });
		const term = (...factors: Factor[]): Term => ({
			factors,
			value: factors.reduce((product, { value }) => product * value, 1)
		});
		const sum = (terms: readonly Term[], then: Sum['then'] = 'nothing') => ({
			then,
			terms,
			count: terms.length
		});
		/** Σ over a row of a matrix, and the values it meets. */
		const product = (
			matrix: Numbers | undefined,
			at: number,
			width: number,
			from: OperationId,
			bias?: number
		) => ({
			then: 'nothing' as const,
			count: width + (bias === undefined ? 0 : 1),
			terms: matrix
				? [
						...(bias === undefined ? [] : [term(fixed('bias', bias))]),
						...Array.from({ length: width }, (_, i) =>
							term(fixed('W', matrix[at * width + i]), cell(from, i))
						)
					]
				: null
		});
		const d = this.#channelAt.get(index) ?? 0;
		const i = this.#dimAt.get(index) ?? 0;
		switch (operation) {
			case 'input':
				return sum([term(fixed('input', this.value(place)))]);
			case 'norm':
				return sum([
					term(
						cell('input', index),
						fixed('scale', source.scale(t)),
						fixed('weight', constants.norm[i])
					)
				]);
			case 'u':
				return product(projections?.inProj, index, E, 'norm', projections?.inBias?.[index]);
			case 'z':
				return product(projections?.inProj, D + index, E, 'norm', projections?.inBias?.[D + index]);
			case 'conv':
				return sum([
					term(fixed('bias', constants.convBias[d])),
					...Array.from({ length: K }, (_, k) => {
						const from = t - (K - 1) + k;
						const tap = fixed('tap', constants.conv[d * K + k]);
						return from < 0
							? term(tap, fixed('u', 0))
							: term(tap, cell('u', index, undefined, from));
					})
				]);
			case 'x':
				return sum([term(cell(K > 0 ? 'conv' : 'u', index))], 'silu');
			case 'low':
				return product(projections?.xProj, index, D, 'x');
			case 'B':
				return product(projections?.xProj, R + index, D, 'x');
			case 'C':
				return product(projections?.xProj, R + N + index, D, 'x');
			case 'raw':
				return product(projections?.dtProj, index, R, 'low', projections?.dtBias[index]);
			case 'delta':
				return sum([term(cell('raw', index))], 'softplus');
			case 'Abar': {
				const A = fixed('A', constants.A[d * N + n]);
				const delta = cell('delta', index);
				if (rule === 'official' || rule === 'zoh') return sum([term(delta, A)], 'exp');
				return sum([term(fixed('gain', this.value(place)))]);
			}
			case 'Bbar': {
				const B = cell('B', n);
				const delta = cell('delta', index);
				if (rule === 'official' || rule === 'euler') return sum([term(delta, B)]);
				const { B_bar } = discretise(rule, delta.value, constants.A[d * N + n]);
				return sum([term(fixed('gain', B_bar), B)]);
			}
			case 'h':
				return sum([
					term(
						cell('Abar', index, n),
						t > 0 ? { ...cell('h', index, n, t - 1), symbol: 'before' } : fixed('before', 0)
					),
					term(cell('Bbar', index, n), cell('x', index))
				]);
			case 'read':
				return sum(Array.from({ length: N }, (_, k) => term(cell('C', k), cell('h', index, k))));
			case 'y':
				return sum([
					term(cell('read', index)),
					term(fixed('skip', constants.skip[d]), cell('x', index))
				]);
			case 'gated': {
				const z = cell('z', index);
				return sum([term(cell('y', index), { ...z, symbol: 'silu-z', value: silu(z.value) })]);
			}
			case 'out':
				return product(projections?.outProj, index, D, 'gated', projections?.outBias?.[index]);
			case 'next':
				return sum([term(cell('input', index)), term(cell('out', index))]);
		}
	}
}
