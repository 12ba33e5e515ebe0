// How many numbers a block of a matrix passes on: its singular values.

/** A rectangle of a square matrix of `size` rows: rows from `row`, columns from `column`. */
export function blockOf(
	matrix: ArrayLike<number>,
	size: number,
	{
		row,
		rows,
		column,
		columns
	}: {
		readonly row: number;
		readonly rows: number;
		readonly column: number;
		readonly columns: number;
	}
): Float64Array[] {
	return Array.from({ length: rows }, (_, i) =>
		Float64Array.from({ length: columns }, (_, k) => matrix[(row + i) * size + column + k])
	);
}

/** What the tokens from `cut` on hear of those before it: the block below the diagonal that begins there. */
export const passedAt = (matrix: ArrayLike<number>, size: number, cut: number): Float64Array[] =>
	blockOf(matrix, size, { row: cut, rows: size - cut, column: 0, columns: cut });

/**
 * Singular values, largest first: as many as the block has rows or columns, whichever are fewer. One-sided Jacobi rotations, which keep
 * small ones exact beside large ones. Source: Golub and Van Loan, Matrix Computations, section 8.6 (fourth edition).
 */
export function singularValues(block: readonly Float64Array[]): number[] {
	const columns = block[0]?.length ?? 0;
	// Rows are made orthogonal to one another; of a tall block, columns.
	const rows =
		block.length <= columns
			? block.map((row) => row.slice())
			: Array.from({ length: columns }, (_, k) => Float64Array.from(block, (row) => row[k]));
	const dot = (a: Float64Array, b: Float64Array) => a.reduce((sum, v, i) => sum + v * b[i], 0);
	for (let sweep = 0; sweep < MOST_SWEEPS; sweep++) {
		let turned = false;
		for (let i = 0; i < rows.length; i++)
			for (let k = i + 1; k < rows.length; k++) {
				const [a, b] = [rows[i], rows[k]];
				const [aa, bb, ab] = [dot(a, a), dot(b, b), dot(a, b)];
				if (Math.abs(ab) <= CLOSE * Math.sqrt(aa * bb)) continue;
				turned = true;
				const slope = (bb - aa) / (2 * ab);
				const tangent = (slope < 0 ? -1 : 1) / (Math.abs(slope) + Math.hypot(1, slope));
				const cosine = 1 / Math.hypot(1, tangent);
				const sine = cosine * tangent;
				for (let m = 0; m < a.length; m++) {
					const [u, v] = [a[m], b[m]];
					a[m] = cosine * u - sine * v;
					b[m] = sine * u + cosine * v;
				}
			}
		if (!turned) break;
	}
	return rows.map((row) => Math.sqrt(dot(row, row))).sort((a, b) => b - a);
}

const MOST_SWEEPS = 30;
/** Two rows are orthogonal where their cosine is no larger. */
const CLOSE = 1e-15;

/** How many singular values are larger than `least` times the largest. */
export const rankOf = (values: readonly number[], least: number): number =>
	values.filter((value) => value > least * values[0]).length;
