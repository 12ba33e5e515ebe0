// What a case costs, counted from its algorithm: operations and bytes. A multiplication, an addition and an exponential are one
// operation each; what a mask makes zero is not counted. Each pass of a version reads and writes each of its tensors once, as if caches
// kept what a pass reads again; only keys and values are counted anew for every tile of queries. Counted bytes are therefore not
// memory traffic: they are what the algorithm asks for. tests/unit/lab-counts.test.ts counts the same a second time, one by one.
import { CHUNK_OF } from '#kernels/selective_scan/chunks.ts';
import type { AttentionSize, ScanSize, SsdSize } from './operations.ts';

export interface Counted {
	readonly operations: number;
	readonly bytes: number;
}

/** Numbers, four bytes each. */
const counted = (operations: number, numbers: number): Counted => ({
	operations,
	bytes: 4 * numbers
});

/** Of a state at a token: Δ·A, its exponential, (Δx)·B, decay and add. Reading it with C is a product and a sum more. */
const STEP = 5;
const READ = 2;
/** Of a channel at a token: the bias of Δ, softplus (exponential, sum, logarithm), and Δ·x. */
const INPUT = 5;
/** Of a channel at a token: skip (product, sum), SiLU of the gate (exponential, sum, quotient) and its product. */
const OUTPUT = 6;

export type ScanCount = 'materialised' | 'sequential' | 'chunked' | 'ahead' | 'lanes';

/** The selective scan, forward. */
export function scanCount(
	{ batch, length, channels, states }: ScanSize,
	version: ScanCount
): Counted {
	const cells = batch * length * channels;
	const rows = batch * length * states;
	const state = batch * channels * states;
	// A, D_skip and the bias of Δ: every pass that steps reads them.
	const fixed = channels * states + 2 * channels;
	const all = cells * (states * (STEP + READ) + INPUT + OUTPUT);
	switch (version) {
		case 'sequential':
			// x, Δ, z and out; B and C; the state before and after.
			return counted(all, 4 * cells + 2 * rows + fixed + 2 * state);
		case 'materialised':
			// Ā and B̄x written and read, h written and read; x and Δ, then x, z and out.
			return counted(all, 6 * cells * states + 5 * cells + 2 * rows + fixed + 2 * state);
		default: {
			const chunk = CHUNK_OF[version]({ batch, length, channels });
			const chunks = Math.ceil(length / chunk);
			// The last chunk's end is not needed, except by version 3.
			const ended = version === 'chunked' ? chunks : chunks - 1;
			const tokens = Math.min(length, ended * chunk);
			const again = batch * tokens * channels;
			const ends = batch * chunks * channels;
			return counted(
				all + again * (states * STEP + INPUT + 1) + ends * states * STEP,
				4 * cells +
					2 * rows +
					fixed +
					// Once more, for the ends: x, Δ and B, and what is carried.
					2 * again +
					batch * tokens * states +
					fixed +
					batch * ended * channels * (states + 2) +
					ends * (2 * states + 2) +
					channels * states +
					2 * state +
					ends * states
			);
		}
	}
}

/** One token of the scan with its state. */
export const scanStepCount = (size: ScanSize): Counted =>
	scanCount({ ...size, length: 1 }, 'sequential');

export type AttentionCount = 'materialised' | 'row' | 'flash' | 'flash_wide';

/** Queries of a tile, which share the keys that are fetched for it. */
const TILES: Readonly<Record<'row' | 'flash' | 'flash_wide', number>> = {
	row: 64,
	flash: 64,
	flash_wide: 128
};
/** Of a pair of tokens in a head: the scale or the running largest, the difference, the exponential, the sum. */
const PAIR = 4;

/** Causal attention, forward. */
export function attentionCount(
	{ batch, length, heads, headDim }: AttentionSize,
	version: AttentionCount
): Counted {
	const rows = batch * length * heads * headDim;
	const sums = batch * length * heads;
	const seen = (batch * heads * length * (length + 1)) / 2;
	const operations = seen * (4 * headDim + PAIR);
	if (version === 'materialised') {
		const square = batch * heads * length * length;
		// q and k, then v and y; the scores written and, where seen, read; the shares likewise.
		return counted(operations, 4 * rows + 2 * square + 2 * seen + sums);
	}
	const tile = TILES[version];
	// Keys and values up to its last query, for each tile.
	let fetched = 0;
	for (let first = 0; first < length; first += tile) fetched += Math.min(first + tile, length);
	return counted(operations, 2 * rows + sums + 2 * batch * heads * headDim * fetched);
}

/** One token of attention, `length` keys and values in its cache, its own among them. */
export function attentionStepCount({ batch, length, heads, headDim }: AttentionSize): Counted {
	const row = batch * heads * headDim;
	return counted(
		batch * heads * length * (4 * headDim + PAIR),
		// q, k and v come, the cache gets two of them, y goes.
		2 * length * row + 6 * row + batch * heads
	);
}

export type SsdCount = 'recurrent' | 'chunked';

/** Tokens of a chunk. */
const SSD_CHUNK = 128;

/** SSD, forward. */
export function ssdCount(
	{ batch, length, heads, headDim, states, groups = 1 }: SsdSize,
	version: SsdCount
): Counted {
	const H = batch * heads;
	const cells = H * length * headDim;
	const rows = batch * length * groups * states;
	const steps = H * length;
	// The bias of Δ and softplus; then the skip.
	const around = 4 * steps + 2 * cells;
	// Δ as it comes, and as it is used.
	const delta = 2 * steps + heads;
	if (version === 'recurrent')
		// Δ·A and its exponential, once a head; Δ·x; for a state (Δx)·B, decay and add, and reading.
		return counted(
			around + 2 * steps + cells * (1 + states * (3 + READ)),
			delta + steps + 2 * cells + 2 * rows + 2 * heads
		);
	const chunk = Math.min(SSD_CHUNK, length);
	const chunks = Math.ceil(length / chunk);
	let pairs = 0;
	let written = 0;
	const tiles = Math.ceil(chunk / 64);
	for (let first = 0; first < length; first += chunk) {
		const tokens = Math.min(chunk, length - first);
		pairs += (tokens * (tokens + 1)) / 2;
		written += (64 * 64 * (tiles * (tiles + 1))) / 2;
	}
	const ends = H * chunks * headDim * states;
	// Before the first chunk there is no state to read.
	const later = length - Math.min(chunk, length);
	return counted(
		around +
			// Sums of Δ·A.
			2 * steps +
			// B_j · C_i, once for the heads of a group.
			2 * states * batch * groups * pairs +
			// Each pair's decay, times Δ and the score; then x.
			H * pairs * (4 + 2 * headDim) +
			// What each chunk adds: decay and Δ, times B, times x.
			steps * (3 + states) +
			2 * cells * states +
			// From chunk to chunk.
			H * chunks +
			2 * ends +
			// What came before, read with C.
			H * later * (1 + headDim + 2 * headDim * states),
		delta +
			// The sums, in twos.
			steps +
			2 * steps +
			heads +
			// The ends of chunks: B, x, sums and Δ, written, then passed on.
			rows +
			cells +
			3 * steps +
			3 * ends +
			// The scores: B and C.
			2 * rows +
			batch * groups * written +
			// The output: C, x, sums, Δ, scores, states before, y.
			rows +
			2 * cells +
			3 * steps +
			batch * groups * written +
			ends +
			heads
	);
}

/** One token of SSD with its state. */
export function ssdStepCount(size: SsdSize): Counted {
	const once = ssdCount({ ...size, length: 1 }, 'recurrent');
	const state = size.batch * size.heads * size.headDim * size.states;
	return { ...once, bytes: once.bytes + 8 * state };
}

/** What a device reaches. */
export interface Rates {
	/** 10⁹ bytes a second, of a plain copy. */
	readonly copyGigabytes: number;
	/** 10⁹ operations a second, of a product of matrices. */
	readonly matmulGflops: number;
}

/** Milliseconds that a device would take at its own best rates, whichever of the two holds it up longer. */
export const predicted = ({ operations, bytes }: Counted, rates: Rates): number =>
	Math.max(bytes / (1e6 * rates.copyGigabytes), operations / (1e6 * rates.matmulGflops));
