// What the selective scan moves between main memory and the chip, counted from shapes. Each pass reads each tensor that it needs once
// and writes once what it makes; what caches save or spill is not in it. Numbers are f32, four bytes each.

/** Sizes of a layer's scan. */
export interface Shape {
	readonly batch: number;
	/** L */
	readonly length: number;
	/** D */
	readonly channels: number;
	/** N */
	readonly states: number;
}

/** What crosses. `carry` is what a chunk hands on, `A` are the layer's own numbers: A_log and D_skip. */
export type Cargo = 'x' | 'delta' | 'z' | 'y' | 'B' | 'C' | 'Abar' | 'Bx' | 'h' | 'carry' | 'A';
export type Way = 'read' | 'write';

export interface Crossing {
	readonly cargo: Cargo;
	readonly way: Way;
	/** How many f32. */
	readonly numbers: number;
}

export type Version = 'written' | 'fused' | 'chunked';

export interface Pass {
	readonly name: 'terms' | 'states' | 'read' | 'walk' | 'ends' | 'carry' | 'again';
	readonly crossings: readonly Crossing[];
	/** Invocations that can run side by side. */
	readonly threads: number;
}

export const BYTES = 4;

const read = (cargo: Cargo, numbers: number): Crossing => ({ cargo, way: 'read', numbers });
const write = (cargo: Cargo, numbers: number): Crossing => ({ cargo, way: 'write', numbers });

/**
 * The counting model of the lead figure. Written out: Ā and B̄x are written, both are read to make h, and h is written,
 * 5 · L · D · N numbers; reading h for the output, and the inputs, are left out, in favour of this side.
 */
export function writtenOut({ batch, length, channels, states }: Shape): Crossing[] {
	const all = batch * length * channels * states;
	return [
		write('Abar', all),
		write('Bx', all),
		read('Abar', all),
		read('Bx', all),
		write('h', all)
	];
}

/** The other side of the model: x, Δ, z, B and C come in once, y goes out once, L · (4D + 2N) numbers. */
export function keptOnChip({ batch, length, channels, states }: Shape): Crossing[] {
	const rows = batch * length * channels;
	const shared = batch * length * states;
	return [
		read('x', rows),
		read('delta', rows),
		read('z', rows),
		read('B', shared),
		read('C', shared),
		write('y', rows)
	];
}

/** A thread holds sixteen states at most; where there are more, the tokens are walked once for each sixteen. */
const tilesOf = (states: number): number => Math.ceil(states / 16);

/** A walk with outputs: once for each tile of states, the sum so far waiting in y (kernels/selective_scan/walk.wgsl). */
function walked(shape: Shape): Crossing[] {
	const { batch, length, channels, states } = shape;
	const rows = batch * length * channels;
	const shared = batch * length * states;
	const tiles = tilesOf(states);
	return [
		read('x', tiles * rows),
		read('delta', tiles * rows),
		read('z', rows),
		read('B', shared),
		read('C', shared),
		...(tiles > 1 ? [read('y', (tiles - 1) * rows)] : []),
		write('y', tiles * rows)
	];
}

/**
 * The passes of this site's own versions, with all that they bind. `written` is `materialised` of kernels/selective_scan, `fused` is
 * `sequential`, `chunked` is `chunked`.
 * @param chunk tokens to a chunk
 */
export function passesOf(version: Version, shape: Shape, chunk: number): Pass[] {
	const { batch, length, channels, states } = shape;
	const rows = batch * length * channels;
	const shared = batch * length * states;
	const all = rows * states;
	/** A state of every channel of every text: before the first token and after the last. */
	const state = batch * channels * states;
	const own = channels * states;
	const lanes = batch * channels;
	switch (version) {
		case 'written':
			return [
				{
					name: 'terms',
					threads: rows,
					crossings: [
						read('x', rows),
						read('delta', rows),
						read('B', shared),
						read('A', own),
						write('Abar', all),
						write('Bx', all)
					]
				},
				{
					name: 'states',
					threads: lanes * states,
					crossings: [
						read('Abar', all),
						read('Bx', all),
						read('carry', state),
						write('h', all),
						write('carry', state)
					]
				},
				{
					name: 'read',
					threads: rows,
					crossings: [
						read('h', all),
						read('x', rows),
						read('C', shared),
						read('z', rows),
						read('A', channels),
						write('y', rows)
					]
				}
			];
		case 'fused':
			return [
				{
					name: 'walk',
					threads: lanes,
					crossings: [
						...walked(shape),
						read('A', own + channels),
						read('carry', state),
						write('carry', state)
					]
				}
			];
		case 'chunked': {
			const chunks = Math.ceil(length / chunk);
			/** End states, and ΣΔ with the product of the keep multipliers. */
			const ends = batch * chunks * channels * (states + 2);
			const starts = batch * chunks * channels * states;
			return [
				{
					name: 'ends',
					threads: lanes * chunks * tilesOf(states),
					crossings: [
						read('x', tilesOf(states) * rows),
						read('delta', tilesOf(states) * rows),
						read('B', shared),
						read('A', own),
						write('carry', ends)
					]
				},
				{
					name: 'carry',
					threads: lanes * states,
					crossings: [read('A', own), read('carry', ends + state), write('carry', starts + state)]
				},
				{
					name: 'again',
					threads: lanes * chunks,
					crossings: [...walked(shape), read('A', own + channels), read('carry', starts)]
				}
			];
		}
	}
}

export const numbersOf = (crossings: readonly Crossing[]): number =>
	crossings.reduce((sum, { numbers }) => sum + numbers, 0);

/** Bytes that all passes move. */
export const bytesOf = (passes: readonly Pass[]): number =>
	BYTES * passes.reduce((sum, { crossings }) => sum + numbersOf(crossings), 0);

/** Bytes that wait in main memory between the passes, beside inputs and outputs. */
export function heldOf(version: Version, shape: Shape, chunk: number): number {
	const { batch, length, channels, states } = shape;
	switch (version) {
		case 'written':
			return BYTES * 3 * batch * length * channels * states;
		case 'fused':
			return 0;
		case 'chunked':
			return BYTES * batch * Math.ceil(length / chunk) * channels * (states + 2);
	}
}

/** Tokens that follow one another in the longest row of steps. */
export function rowOf(version: Version, { length }: Shape, chunk: number): number {
	return version === 'chunked' ? 2 * Math.min(chunk, length) + Math.ceil(length / chunk) : length;
}

/**
 * Operations that the layer needs, however it is computed: for a state Δ·A, its exponential, Ā·h, Δx·B, their sum, ·C and the sum
 * over states; for a channel Δ·x, D·x, its sum, silu(z) as one, and the gate's product.
 */
export const operationsOf = ({ batch, length, channels, states }: Shape): number =>
	batch * length * channels * (7 * states + 5);

/** Operations and bytes of other programs, for comparison: each tensor once. */
export const others = {
	/** y = x Wᵀ, square. */
	matmul: (size: number) => ({ operations: 2 * size ** 3, bytes: BYTES * 3 * size ** 2 }),
	/** Causal attention without its matrix in memory: two products over the lower triangle; q, k, v and y once. */
	tiled: (batch: number, length: number, heads: number, headDim: number) => ({
		operations: 2 * batch * heads * length * (length + 1) * headDim,
		bytes: BYTES * 4 * batch * length * heads * headDim
	}),
	/** The same with two square tables in memory, scores and shares: both are written whole, and read up to the diagonal. */
	scores: (batch: number, length: number, heads: number, headDim: number) => ({
		operations: 2 * batch * heads * length * (length + 1) * headDim,
		bytes: BYTES * batch * heads * (4 * length * headDim + 2 * length ** 2 + length * (length + 1))
	}),
	/** Read and written once; nothing is computed. */
	copy: (numbers: number) => ({ operations: 0, bytes: BYTES * 2 * numbers })
};

/** What a device can do: 10⁹ bytes and 10⁹ operations a second. */
export interface Rates {
	readonly gigabytes: number;
	readonly gflops: number;
}

/** 10⁹ operations a second that a roofline allows at an intensity (operations a byte). Source: Williams et al. 2009, section 3. */
export const roof = ({ gigabytes, gflops }: Rates, intensity: number): number =>
	Math.min(gflops, gigabytes * intensity);

/** Where the roof's two parts meet. */
export const ridge = ({ gigabytes, gflops }: Rates): number => gflops / gigabytes;
