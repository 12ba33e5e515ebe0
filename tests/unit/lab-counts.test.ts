// Counted costs of the lab, counted a second time: loops over tokens, channels, states and pairs that add up what each does.
import { expect, test } from 'vitest';
import {
	attentionCount,
	attentionStepCount,
	predicted,
	scanCount,
	scanStepCount,
	ssdCount,
	ssdStepCount
} from '#lib/bench/counts.ts';
import { CHUNK_OF } from '#kernels/selective_scan/chunks.ts';

/** Counts one by one. */
class Tally {
	operations = 0;
	numbers = 0;
	/** So many operations. */
	do(count: number) {
		this.operations += count;
	}
	/** A tensor that a pass reads or writes. */
	move(...shape: number[]) {
		this.numbers += shape.reduce((n, size) => n * size, 1);
	}
	get counted() {
		return { operations: this.operations, bytes: 4 * this.numbers };
	}
}

const scan = { batch: 2, length: 150, channels: 3, states: 5 };

/** Δ = softplus(raw + bias), Δ·x, then each state; reading and the gate where it is a pass with outputs. */
function walk(tally: Tally, from: number, to: number, output: boolean, sumsDelta = false) {
	const { batch, channels, states } = scan;
	for (let b = 0; b < batch; b++)
		for (let t = from; t < to; t++)
			for (let d = 0; d < channels; d++) {
				tally.do(1 + 3 + 1);
				if (sumsDelta) tally.do(1);
				for (let n = 0; n < states; n++) tally.do(2 + 1 + 2 + (output ? 2 : 0));
				if (output) tally.do(2 + 3 + 1);
			}
}
const fixed = (tally: Tally) => {
	tally.move(scan.channels, scan.states);
	tally.move(2 * scan.channels);
};

test('the fused scan reads its inputs once and writes its output once', () => {
	const { batch, length, channels, states } = scan;
	const tally = new Tally();
	walk(tally, 0, length, true);
	for (let i = 0; i < 4; i++) tally.move(batch, length, channels);
	for (let i = 0; i < 2; i++) tally.move(batch, length, states);
	fixed(tally);
	for (let i = 0; i < 2; i++) tally.move(batch, channels, states);
	expect(scanCount(scan, 'sequential')).toEqual(tally.counted);
});

test('the materialised scan moves six numbers more for each state of each token', () => {
	const { batch, length, channels, states } = scan;
	const tally = new Tally();
	walk(tally, 0, length, true);
	// Pass 1 reads x, Δ and B and writes Ā and B̄x; pass 2 reads them and writes h; pass 3 reads h, x, z and C and writes the output.
	for (let i = 0; i < 6; i++) tally.move(batch, length, channels, states);
	for (let i = 0; i < 5; i++) tally.move(batch, length, channels);
	for (let i = 0; i < 2; i++) tally.move(batch, length, states);
	fixed(tally);
	for (let i = 0; i < 2; i++) tally.move(batch, channels, states);
	expect(scanCount(scan, 'materialised')).toEqual(tally.counted);
});

test.each(['chunked', 'ahead', 'lanes'] as const)(
	'the scan in chunks, version %s, walks twice over all but what nobody asks for',
	(version) => {
		const { batch, length, channels, states } = scan;
		const chunk = CHUNK_OF[version](scan);
		const tally = new Tally();
		walk(tally, 0, length, true);
		let chunks = 0;
		for (let from = 0; from < length; from += chunk) {
			const to = Math.min(length, from + chunk);
			const last = to === length;
			chunks++;
			if (!last || version === 'chunked') {
				// Its end, and what it decays by.
				walk(tally, from, to, false, true);
				for (let i = 0; i < 2; i++) tally.move(batch, to - from, channels);
				tally.move(batch, to - from, states);
				tally.move(batch, channels, states + 2);
			}
		}
		// From chunk to chunk: ΣΔ·A, its exponential, times the edits' product, decay and add.
		tally.do(batch * chunks * channels * states * 5);
		tally.move(batch, chunks, channels, states + 2);
		tally.move(batch, chunks, channels, states);
		tally.move(channels, states);
		for (let i = 0; i < 2; i++) tally.move(batch, channels, states);
		// And with outputs.
		for (let i = 0; i < 4; i++) tally.move(batch, length, channels);
		for (let i = 0; i < 2; i++) tally.move(batch, length, states);
		tally.move(batch, chunks, channels, states);
		fixed(tally);
		fixed(tally);
		expect(scanCount(scan, version)).toEqual(tally.counted);
	}
);

const attention = { batch: 2, length: 150, heads: 3, headDim: 8 };

test.each(['materialised', 'row', 'flash', 'flash_wide'] as const)(
	'attention, version %s, works on each pair of a token and one before it',
	(version) => {
		const { batch, length, heads, headDim } = attention;
		const tally = new Tally();
		let seen = 0;
		for (let b = 0; b < batch; b++)
			for (let h = 0; h < heads; h++)
				for (let t = 0; t < length; t++)
					for (let s = 0; s <= t; s++) {
						seen++;
						for (let i = 0; i < headDim; i++) tally.do(2 + 2);
						tally.do(4);
					}
		const rows = [batch, length, heads, headDim];
		tally.move(batch, length, heads);
		tally.move(...rows);
		tally.move(...rows);
		if (version === 'materialised') {
			tally.move(...rows);
			tally.move(...rows);
			for (let i = 0; i < 2; i++) {
				tally.move(batch, heads, length, length);
				tally.move(seen);
			}
		} else {
			const tile = version === 'flash_wide' ? 128 : 64;
			for (let first = 0; first < length; first += tile)
				for (let s = 0; s < Math.min(length, first + tile); s++)
					tally.move(2, batch, heads, headDim);
		}
		expect(attentionCount(attention, version)).toEqual(tally.counted);
	}
);

test('one token of attention reads every key and value before it; one of the scan does not', () => {
	const { batch, heads, headDim, length } = attention;
	const step = attentionStepCount(attention);
	expect(step.operations).toBe(batch * heads * length * (4 * headDim + 4));
	expect(step.bytes).toBe(
		4 * (2 * batch * length * heads * headDim + 6 * batch * heads * headDim + batch * heads)
	);
	expect(scanStepCount(scan)).toEqual(scanStepCount({ ...scan, length: 2 }));
	expect(scanStepCount(scan)).toEqual(scanCount({ ...scan, length: 1 }, 'sequential'));
});

const ssd = { batch: 2, length: 300, heads: 4, headDim: 8, states: 6, groups: 2 };

test('SSD token by token', () => {
	const { batch, length, heads, headDim, states, groups } = ssd;
	const tally = new Tally();
	for (let token = 0; token < batch * length; token++)
		for (let h = 0; h < heads; h++) {
			tally.do(4 + 2);
			for (let p = 0; p < headDim; p++) {
				tally.do(1 + 2);
				for (let n = 0; n < states; n++) tally.do(3 + 2);
			}
		}
	for (let i = 0; i < 3; i++) tally.move(batch, length, heads);
	tally.move(3, heads);
	for (let i = 0; i < 2; i++) tally.move(batch, length, heads, headDim);
	for (let i = 0; i < 2; i++) tally.move(batch, length, groups, states);
	expect(ssdCount(ssd, 'recurrent')).toEqual(tally.counted);
	const once = ssdCount({ ...ssd, length: 1 }, 'recurrent');
	expect(ssdStepCount(ssd)).toEqual({
		...once,
		bytes: once.bytes + 8 * batch * heads * headDim * states
	});
});

test('SSD in chunks: scores once for a group, products of a chunk, a state from chunk to chunk', () => {
	const { batch, length, heads, headDim, states, groups } = ssd;
	const tally = new Tally();
	const chunk = 128;
	let chunks = 0;
	for (let b = 0; b < batch; b++) {
		chunks = 0;
		for (let first = 0; first < length; first += chunk) {
			const tokens = Math.min(chunk, length - first);
			chunks++;
			for (let i = 0; i < tokens; i++)
				for (let j = 0; j <= i; j++) {
					for (let g = 0; g < groups; g++) tally.do(2 * states);
					for (let h = 0; h < heads; h++) tally.do(4 + 2 * headDim);
				}
			for (let h = 0; h < heads; h++) {
				for (let t = 0; t < tokens; t++) {
					// Δ, the skip, the sum of Δ·A, and what the token adds to the state.
					tally.do(4 + 2 * headDim + 2 + 3 + states + 2 * headDim * states);
					if (first > 0) tally.do(1 + headDim + 2 * headDim * states);
				}
				tally.do(1 + 2 * headDim * states);
			}
			// Of two tiles by two, three lie on or above the diagonal.
			for (let g = 0; g < groups; g++) tally.move(2, 3, 64, 64);
		}
	}
	// Δ in and out; sums written; sums and Δ read for the ends and for the output.
	tally.move(2 + 1 + 2 + 3 + 3, batch, length, heads);
	tally.move(3, heads);
	// B; B and C; C. x; x and y.
	tally.move(4, batch, length, groups, states);
	tally.move(3, batch, length, heads, headDim);
	// States of chunks: written, read and written, read.
	tally.move(4, batch, chunks, heads, headDim, states);
	expect(ssdCount(ssd, 'chunked')).toEqual(tally.counted);
});

test('a prediction is the longer of moving and computing', () => {
	const rates = { copyGigabytes: 100, matmulGflops: 1000 };
	expect(predicted({ operations: 1e9, bytes: 1e6 }, rates)).toBeCloseTo(1, 12);
	expect(predicted({ operations: 1e3, bytes: 1e9 }, rates)).toBeCloseTo(10, 12);
});
