// Reductions of rows on the processor. Sums are taken in f64.

/** y[first + row] = scale · Σ x, or scale · Σ x² where `squares`, or scale · √ of the sum where `root`. */
export function sumsCpu(
	x: Float32Array,
	y: Float32Array,
	{
		rows,
		width,
		first,
		scale,
		squares,
		root
	}: {
		rows: number;
		width: number;
		first: number;
		scale: number;
		squares: boolean;
		root: boolean;
	}
): void {
	for (let row = 0, i = 0; row < rows; row++) {
		let sum = 0;
		if (squares) for (const end = i + width; i < end; i++) sum += x[i] * x[i];
		else for (const end = i + width; i < end; i++) sum += x[i];
		y[first + row] = scale * (root ? Math.sqrt(sum) : sum);
	}
}

/** The largest number of each row and its place in the row, the first of equals. */
export function largestCpu(x: Float32Array, y: Float32Array, place: Uint32Array): void {
	const width = x.length / y.length;
	for (let row = 0; row < y.length; row++) {
		let best = row * width;
		for (let i = best + 1; i < (row + 1) * width; i++) if (x[i] > x[best]) best = i;
		y[row] = x[best];
		place[row] = best - row * width;
	}
}

/** Every number of a row of dx gets scale · dy. */
export function spreadCpu(dy: Float32Array, dx: Float32Array, scale: number): void {
	const width = dx.length / dy.length;
	for (let row = 0; row < dy.length; row++)
		dx.fill(scale * dy[row], row * width, (row + 1) * width);
}

/** dy goes to its place in each row of dx, 0 to all others. */
export function pickCpu(dy: Float32Array, place: Uint32Array, dx: Float32Array): void {
	const width = dx.length / dy.length;
	dx.fill(0);
	for (let row = 0; row < dy.length; row++) dx[row * width + place[row]] = dy[row];
}
