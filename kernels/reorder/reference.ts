/** One row after the other of x (length, width): columns `from` to `to` are those of row order[t], the rest its own. */
export function reorderReference(
	x: readonly (readonly number[])[],
	order: readonly number[],
	[from, to]: readonly [from: number, to: number]
): number[][] {
	return x.map((row, t) =>
		row.map((own, column) => (column >= from && column < to ? x[order[t]][column] : own))
	);
}
