// Gated RMS norm in f64, as Mamba-2 has it before its output projection: u = x · silu(z), then u · weight / √(mean(u²) + ε), the
// mean over each of `groups` equal parts of a row. Source: `MambaRMSNormGated` and `Zamba2RMSNormGated` of Hugging Face
// transformers; Dao & Gu 2024, section 7.1.

/** x, z (rows, width); weight (width). */
export function gatedRmsNormReference(
	x: ArrayLike<number>,
	z: ArrayLike<number>,
	weight: ArrayLike<number>,
	epsilon: number,
	groups = 1
): Float64Array {
	const width = weight.length;
	const size = width / groups;
	const u = Float64Array.from(x, (value, i) => (value * z[i]) / (1 + Math.exp(-z[i])));
	return u.map((value, i) => {
		const group = u.subarray(i - (i % size), i - (i % size) + size);
		const meanSquare = group.reduce((sum, v) => sum + v * v, 0) / size;
		return (value / Math.sqrt(meanSquare + epsilon)) * weight[i % width];
	});
}
