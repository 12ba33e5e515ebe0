// Seeded random numbers, the same on every machine: words from the counter-based generator Philox (kernels/lib/philox.ts), turned
// into numbers by +, −, ×, ÷ and the square root alone, which IEEE 754 rounds one way. `Math.log` and `Math.exp` may differ in their
// last bit from one browser to the next, so they have stand-ins here.
import { philox } from '#kernels/lib/philox.ts';
import { streamOf } from '#lib/models/streams.ts';

const bits = new DataView(new ArrayBuffer(8));

/** ln x of a positive, normal x, by the series of artanh: within 2 units in the last place. */
export function log(x: number): number {
	bits.setFloat64(0, x);
	const high = bits.getUint32(0);
	let exponent = (high >>> 20) - 1023;
	bits.setUint32(0, (high & 0xfffff) | (1023 << 20));
	let mantissa = bits.getFloat64(0);
	if (mantissa > Math.SQRT2) {
		mantissa /= 2;
		exponent++;
	}
	const s = (mantissa - 1) / (mantissa + 1);
	let sum = 0;
	for (let k = 25; k > 0; k -= 2) sum = sum * s * s + 1 / k;
	return 2 * s * sum + exponent * Math.LN2;
}

/** eˣ for |x| < 700, by its series. */
export function exp(x: number): number {
	const power = Math.round(x / Math.LN2);
	const rest = x - power * Math.LN2;
	let sum = 1;
	for (let k = 18; k > 0; k--) sum = 1 + (sum * rest) / k;
	bits.setUint32(0, (power + 1023) << 20);
	bits.setUint32(4, 0);
	return sum * bits.getFloat64(0);
}

/** Numbers drawn one after another from one stream. */
export class Random {
	#key: number;
	#half: number;
	#next = 0;
	#words = new Uint32Array(2);

	/**
	 * @param name what the numbers are for; another name or index has other numbers
	 * @param index a training step, a row
	 */
	constructor(seed: number, name: string, index = 0) {
		philox(index, streamOf(name), seed, this.#words);
		[this.#key, this.#half] = this.#words;
	}

	/** A word of 32 random bits. */
	word(): number {
		const odd = this.#next % 2;
		if (odd === 0) philox(this.#next / 2, this.#half, this.#key, this.#words);
		this.#next++;
		return this.#words[odd];
	}

	/** Above 0 and below 1. */
	uniform(): number {
		return (this.word() + 0.5) / 2 ** 32;
	}

	/** A whole number of at least 0 and below `n`. */
	below(n: number): number {
		return Math.floor((this.word() / 2 ** 32) * n);
	}

	/** Of mean 0 and variance 1, by Marsaglia's polar method. */
	normal(): number {
		for (;;) {
			const u = 2 * this.uniform() - 1;
			const v = 2 * this.uniform() - 1;
			const s = u * u + v * v;
			if (s < 1 && s > 0) return u * Math.sqrt((-2 * log(s)) / s);
		}
	}

	/** `count` different whole numbers below `n`, in a random order (Fisher and Yates; only what was moved is kept). */
	distinct(count: number, n: number): number[] {
		const moved = new Map<number, number>();
		const drawn: number[] = [];
		for (let i = 0; i < count; i++) {
			const j = i + this.below(n - i);
			drawn.push(moved.get(j) ?? j);
			moved.set(j, moved.get(i) ?? i);
		}
		return drawn;
	}
}
