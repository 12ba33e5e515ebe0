/**
 * y = α op(a) op(b) in float64, for each member of a batch; op transposes where asked, as in BLAS' GEMM.
 * @param a (batch, m, k), or (batch, k, m) where transposed
 * @param b (batch, k, n), or (batch, n, k) where transposed
 * @returns (batch, m, n)
 */
export function matmulReference(
	a: ArrayLike<number>,
	b: ArrayLike<number>,
	{ batch, m, n, k }: { batch: number; m: number; n: number; k: number },
	{ transposeA = false, transposeB = false, alpha = 1 } = {}
): Float64Array {
	const y = new Float64Array(batch * m * n);
	for (let member = 0; member < batch; member++)
		for (let row = 0; row < m; row++)
			for (let column = 0; column < n; column++) {
				let sum = 0;
				for (let i = 0; i < k; i++) {
					const left = transposeA ? i * m + row : row * k + i;
					const right = transposeB ? column * k + i : i * n + column;
					sum += a[member * m * k + left] * b[member * k * n + right];
				}
				y[(member * m + row) * n + column] = alpha * sum;
			}
	return y;
}
