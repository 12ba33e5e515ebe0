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
	let span = points;
	for (; span >= 4; span /= 4) byFours(re, im, span, roots, points / span);
	if (span === 2) byTwos(re, im);
	reverseBits(re, im);
}

/** Two stages of halving at once, in blocks of `span` points: four numbers meet, three are turned. */
function byFours(
	re: Float64Array,
	im: Float64Array,
	span: number,
	{ re: wr, im: wi }: Row,
	stride: number
): void {
	const quarter = span / 4;
	const points = re.length;
	for (let j = 0; j < quarter; j++) {
		const r = j * stride;
		const ur = wr[r];
		const ui = wi[r];
		const vr = ur * ur - ui * ui;
		const vi = 2 * ur * ui;
		const tr = ur * vr - ui * vi;
		const ti = ur * vi + ui * vr;
		for (let a = j; a < points; a += span) {
			const b = a + quarter;
			const c = b + quarter;
			const d = c + quarter;
			const sr = re[a] + re[c];
			const si = im[a] + im[c];
			const pr = re[b] + re[d];
			const pi = im[b] + im[d];
			const gr = re[a] - re[c];
			const gi = im[a] - im[c];
			// −i · (b − d)
			const qr = im[b] - im[d];
			const qi = re[d] - re[b];
			re[a] = sr + pr;
			im[a] = si + pi;
			re[b] = (sr - pr) * vr - (si - pi) * vi;
			im[b] = (sr - pr) * vi + (si - pi) * vr;
			re[c] = (gr + qr) * ur - (gi + qi) * ui;
			im[c] = (gr + qr) * ui + (gi + qi) * ur;
			re[d] = (gr - qr) * tr - (gi - qi) * ti;
			im[d] = (gr - qr) * ti + (gi - qi) * tr;
		}
	}
}

function byTwos(re: Float64Array, im: Float64Array): void {
	for (let a = 0; a < re.length; a += 2) {
		const dr = re[a] - re[a + 1];
		const di = im[a] - im[a + 1];
		re[a] += re[a + 1];
		im[a] += im[a + 1];
		re[a + 1] = dr;
		im[a + 1] = di;
	}
}

function reverseBits(re: Float64Array, im: Float64Array): void {
	const points = re.length;
	for (let i = 1, j = 0; i < points; i++) {
		let bit = points >> 1;
		for (; j & bit; bit >>= 1) j ^= bit;
		j ^= bit;
		if (i >= j) continue;
		const [real, imaginary] = [re[i], im[i]];
		re[i] = re[j];
		im[i] = im[j];
		re[j] = real;
		im[j] = imaginary;
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
