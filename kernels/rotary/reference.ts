// Rotary positions in f64 (Su et al. 2021, RoFormer, equation 15): pair i of a head is a number in the plane, turned by
// position · base^(−2i / rotaryDim). The pair is dimension i and i + rotaryDim / 2, as in GPT-NeoX and Llama.

export interface ReferenceInput {
	/** (rows, heads · headDim) */
	readonly x: ArrayLike<number>;
	readonly headDim: number;
	/** Dimensions of a head that turn. */
	readonly rotaryDim: number;
	readonly base: number;
	/** Where the token of each row stands. */
	readonly positions: readonly number[];
}

export function rotaryReference({
	x,
	headDim,
	rotaryDim,
	base,
	positions
}: ReferenceInput): Float64Array {
	const y = Float64Array.from(x);
	const width = x.length / positions.length;
	const half = rotaryDim / 2;
	positions.forEach((position, row) => {
		for (let head = 0; head < width; head += headDim)
			for (let i = 0; i < half; i++) {
				const at = row * width + head + i;
				const angle = position * base ** ((-2 * i) / rotaryDim);
				y[at] = x[at] * Math.cos(angle) - x[at + half] * Math.sin(angle);
				y[at + half] = x[at] * Math.sin(angle) + x[at + half] * Math.cos(angle);
			}
	});
	return y;
}
