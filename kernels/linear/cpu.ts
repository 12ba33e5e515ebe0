// A linear layer on the processor. Many rows: 4 rows by 4 outputs at a time, their sixteen sums in local variables. One row,
// as when a token is decoded: 8 outputs at a time, the row widened to f64 once. All operands are read in order, sums are f64.
//
// The two ways are functions of their own, so that the browser's compiler sees each with its own history.
import { softplus } from '../lib/exp.ts';

export interface LinearCpu {
	readonly x: Float32Array;
	/** Width of a row of x, and where in it the input begins. */
	readonly stride: number;
	readonly offset: number;
	/** Replaces x by its RMS norm when given. */
	readonly norm: { readonly weight: Float32Array; readonly epsilon: number } | null;
	readonly weight: Float32Array;
	readonly bias: Float32Array | null;
	readonly residual: Float32Array | null;
	readonly softplus: boolean;
	readonly y: Float32Array;
	readonly rows: number;
	readonly in: number;
	readonly out: number;
}

/** The run of one linear layer, with its scratch memory. */
export function linearCpu(given: LinearCpu): () => void {
	const { norm, rows, in: width } = given;
	const whole = norm ? 0 : rows - (rows % 4);
	const row = new Float64Array(width);
	return () => {
		if (whole > 0) quadsOfRows(given, whole);
		for (let r = whole; r < rows; r++) {
			widen(given, r, row);
			oneRow(given, r, row);
		}
	};
}

/** A row of x in f64, after the norm where there is one. */
function widen({ x, stride, offset, norm }: LinearCpu, r: number, row: Float64Array): void {
	const from = r * stride + offset;
	for (let k = 0; k < row.length; k++) row[k] = x[from + k];
	if (!norm) return;
	let sum = 0;
	for (let k = 0; k < row.length; k++) sum += row[k] * row[k];
	const scale = 1 / Math.sqrt(sum / row.length + norm.epsilon);
	for (let k = 0; k < row.length; k++) row[k] *= scale * norm.weight[k];
}

function finish(given: LinearCpu, r: number, o: number, sum: number): void {
	const { bias, residual, y } = given;
	const at = r * given.out + o;
	let value = bias ? sum + bias[o] : sum;
	if (given.softplus) value = softplus(value);
	y[at] = residual ? value + residual[at] : value;
}

/** Row `r` of y. */
function oneRow(given: LinearCpu, r: number, row: Float64Array): void {
	const { weight, out } = given;
	const width = row.length;
	let o = 0;
	for (; o + 8 <= out; o += 8) {
		const w0 = o * width;
		const w1 = w0 + width;
		const w2 = w1 + width;
		const w3 = w2 + width;
		const w4 = w3 + width;
		const w5 = w4 + width;
		const w6 = w5 + width;
		const w7 = w6 + width;
		let [a, b, c, d] = [0, 0, 0, 0];
		let [e, f, g, h] = [0, 0, 0, 0];
		for (let k = 0; k < width; k++) {
			const u = row[k];
			a += u * weight[w0 + k];
			b += u * weight[w1 + k];
			c += u * weight[w2 + k];
			d += u * weight[w3 + k];
			e += u * weight[w4 + k];
			f += u * weight[w5 + k];
			g += u * weight[w6 + k];
			h += u * weight[w7 + k];
		}
		finish(given, r, o, a);
		finish(given, r, o + 1, b);
		finish(given, r, o + 2, c);
		finish(given, r, o + 3, d);
		finish(given, r, o + 4, e);
		finish(given, r, o + 5, f);
		finish(given, r, o + 6, g);
		finish(given, r, o + 7, h);
	}
	for (; o < out; o++) {
		const from = o * width;
		let sum = 0;
		for (let k = 0; k < width; k++) sum += row[k] * weight[from + k];
		finish(given, r, o, sum);
	}
}

/** The first `rows` rows of y, a multiple of four. */
function quadsOfRows(given: LinearCpu, rows: number): void {
	const { x, weight, stride, offset, in: width, out } = given;
	for (let r = 0; r < rows; r += 4) {
		const x0 = r * stride + offset;
		const x1 = x0 + stride;
		const x2 = x1 + stride;
		const x3 = x2 + stride;
		let o = 0;
		for (; o + 4 <= out; o += 4) {
			const w0 = o * width;
			const w1 = w0 + width;
			const w2 = w1 + width;
			const w3 = w2 + width;
			let [a, b, c, d] = [0, 0, 0, 0];
			let [e, f, g, h] = [0, 0, 0, 0];
			let [i, j, l, m] = [0, 0, 0, 0];
			let [n, p, q, s] = [0, 0, 0, 0];
			for (let k = 0; k < width; k++) {
				const u0 = x[x0 + k];
				const u1 = x[x1 + k];
				const u2 = x[x2 + k];
				const u3 = x[x3 + k];
				const v0 = weight[w0 + k];
				const v1 = weight[w1 + k];
				const v2 = weight[w2 + k];
				const v3 = weight[w3 + k];
				a += u0 * v0;
				b += u0 * v1;
				c += u0 * v2;
				d += u0 * v3;
				e += u1 * v0;
				f += u1 * v1;
				g += u1 * v2;
				h += u1 * v3;
				i += u2 * v0;
				j += u2 * v1;
				l += u2 * v2;
				m += u2 * v3;
				n += u3 * v0;
				p += u3 * v1;
				q += u3 * v2;
				s += u3 * v3;
			}
			finish(given, r, o, a);
			finish(given, r, o + 1, b);
			finish(given, r, o + 2, c);
			finish(given, r, o + 3, d);
			finish(given, r + 1, o, e);
			finish(given, r + 1, o + 1, f);
			finish(given, r + 1, o + 2, g);
			finish(given, r + 1, o + 3, h);
			finish(given, r + 2, o, i);
			finish(given, r + 2, o + 1, j);
			finish(given, r + 2, o + 2, l);
			finish(given, r + 2, o + 3, m);
			finish(given, r + 3, o, n);
			finish(given, r + 3, o + 1, p);
			finish(given, r + 3, o + 2, q);
			finish(given, r + 3, o + 3, s);
		}
		for (; o < out; o++)
			for (let row = r; row < r + 4; row++) {
				const from = row * stride + offset;
				let sum = 0;
				for (let k = 0; k < width; k++) sum += x[from + k] * weight[o * width + k];
				finish(given, row, o, sum);
			}
	}
}
