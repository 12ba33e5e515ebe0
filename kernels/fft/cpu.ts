// The Fourier transform for the CPU engine: one row at a time in f64 scratch, in place, by a table of roots.

/** Real and imaginary parts of one row. */
export interface Row {
	readonly re: Float64Array;
	readonly im: Float64Array;
}

export const newRow = (points: number): Row => ({
	re: new Float64Array(points),
	im: new Float64Array(points)
});

const tables = new Map<number, Row>();

/** e^{−2πi k/n} for k < n/2. */
function rootsOf(points: number): Row {
	let table = tables.get(points);
	if (!table) {
		table = newRow(points / 2);
		for (let k = 0; k < points / 2; k++) {
			table.re[k] = Math.cos((2 * Math.PI * k) / points);
			table.im[k] = -Math.sin((2 * Math.PI * k) / points);
		}
		tables.set(points, table);
	}
	return table;
}

/** Transform a row of 2^m points in place. The inverse is not divided by n. */
export function transformRow(row: Row, inverse = false): void {
	const points = row.re.length;
	// The inverse is the same transform with real and imaginary parts exchanged.
	const [re, im] = inverse ? [row.im, row.re] : [row.re, row.im];
	const roots = rootsOf(points);
	for (let half = points / 2; half >= 1; half /= 2) {
		const stride = points / (2 * half);
		for (let block = 0; block < points; block += 2 * half)
			for (let j = 0, r = 0; j < half; j++, r += stride) {
				const [a, b] = [block + j, block + j + half];
				const dr = re[a] - re[b];
				const di = im[a] - im[b];
				re[a] += re[b];
				im[a] += im[b];
				re[b] = dr * roots.re[r] - di * roots.im[r];
				im[b] = dr * roots.im[r] + di * roots.re[r];
			}
	}
	reverseBits(re, im);
}

function reverseBits(re: Float64Array, im: Float64Array): void {
	const points = re.length;
	for (let i = 1, j = 0; i < points; i++) {
		let bit = points >> 1;
		for (; j & bit; bit >>= 1) j ^= bit;
		j ^= bit;
		if (i >= j) continue;
		[re[i], re[j]] = [re[j], re[i]];
		[im[i], im[j]] = [im[j], im[i]];
	}
}

/** Transform every row of x (rows, points, 2) into y. */
export function fftCpu(
	x: Float32Array,
	y: Float32Array,
	points: number,
	inverse: boolean,
	factor: number
): () => void {
	const row = newRow(points);
	return () => {
		for (let at = 0; at < x.length; at += 2 * points) {
			for (let j = 0; j < points; j++) {
				row.re[j] = x[at + 2 * j];
				row.im[j] = x[at + 2 * j + 1];
			}
			transformRow(row, inverse);
			for (let k = 0; k < points; k++) {
				y[at + 2 * k] = row.re[k] * factor;
				y[at + 2 * k + 1] = row.im[k] * factor;
			}
		}
	};
}

/** The first half and the middle of the spectrum of every row of x (rows, points), real, into y (rows, points/2 + 1, 2). */
export function realFftCpu(x: Float32Array, y: Float32Array, points: number): () => void {
	const row = newRow(points);
	const bins = points / 2 + 1;
	return () => {
		for (let r = 0; r < x.length / points; r++) {
			for (let j = 0; j < points; j++) row.re[j] = x[r * points + j];
			row.im.fill(0);
			transformRow(row);
			for (let k = 0; k < bins; k++) {
				y[2 * (r * bins + k)] = row.re[k];
				y[2 * (r * bins + k) + 1] = row.im[k];
			}
		}
	};
}
