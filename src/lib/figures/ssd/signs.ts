// What can be said of a matrix that looks like attention and is none.

/** Row t: its sum, and the sum of its sizes. */
export function rowOf(matrix: ArrayLike<number>, L: number, t: number) {
	let [sum, size] = [0, 0];
	for (let j = 0; j <= t; j++) {
		sum += matrix[t * L + j];
		size += Math.abs(matrix[t * L + j]);
	}
	return { sum, size };
}

/** Which part of the cells on and below the diagonal is negative. */
export function shareBelowZero(matrix: ArrayLike<number>, L: number): number {
	let below = 0;
	for (let t = 0; t < L; t++) for (let j = 0; j <= t; j++) if (matrix[t * L + j] < 0) below++;
	return below / ((L * (L + 1)) / 2);
}
