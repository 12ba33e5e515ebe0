// Dropout in f64 (Srivastava et al. 2014), the kept numbers scaled so that the mean stays. The mask is a function of seed, step,
// layer and element, by the counter-based generator Philox2×32-10.
import { philox2x32Reference } from '../sample/reference.ts';

export interface ReferenceInput {
	readonly x: ArrayLike<number>;
	/** The share of numbers that become 0, of [0, 1). */
	readonly rate: number;
	readonly layer: number;
	readonly seed: number;
	readonly step: number;
}

export function dropoutReference({ x, rate, layer, seed, step }: ReferenceInput): Float64Array {
	const [key, half] = philox2x32Reference([BigInt(step), BigInt(layer)], BigInt(seed));
	return Float64Array.from(x, (value, i) => {
		const pair = philox2x32Reference([BigInt(Math.floor(i / 2)), half], key);
		const uniform = Number(pair[i % 2]) / 2 ** 32;
		return uniform < rate ? 0 : value / (1 - rate);
	});
}
