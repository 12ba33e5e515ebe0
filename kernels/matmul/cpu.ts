// A matrix product on the processor. Many rows: 4 rows by 4 columns at a time, their sixteen sums in local variables. Single rows:
// 8 columns at a time, the row widened to f64 once. All operands are read in order, sums are f64. Operands that lie across the
// sum are turned into such that lie along it, DEEP numbers of every sum at a time.
//
// The two ways are functions of their own, so that the browser's compiler sees each with its own history.
import { exp, softplus } from '../lib/exp.ts';
import type { Activation } from './product.ts';

export interface MatrixCpu {
	readonly numbers: Float32Array;
	readonly offset?: number;
	readonly stride: number;
	readonly across?: boolean;
	readonly batch?: number;
}

export interface ProductCpu {
	readonly a: MatrixCpu;
	readonly b: MatrixCpu;
	readonly y: MatrixCpu;
	readonly batch: number;
	readonly rows: number;
	readonly columns: number;
	readonly inner: number;
	readonly alpha: number;
	readonly bias: Float32Array | null;
	readonly residual: Float32Array | null;
	readonly activation: Activation;
}

/** Numbers of a sum that are turned at a time: what is turned should stay in the processor's caches. */
const DEEP = 256;
/** Sums that are turned together: the numbers of one k that a line of the cache holds. */
const BLOCK = 16;

/** A part of the sums of one member of the batch, with both operands along the sum. */
export interface PanelCpu extends Pick<
	ProductCpu,
	'rows' | 'columns' | 'alpha' | 'bias' | 'residual' | 'activation'
> {
	readonly a: Float32Array;
	/** Where row 0 begins, and from one row to the next. */
	aFrom: number;
	readonly aStride: number;
	readonly b: Float32Array;
	bFrom: number;
	readonly bStride: number;
	readonly y: Float32Array;
	yFrom: number;
	readonly yStride: number;
	/** How many products this part of the sums has. */
	inner: number;
	/** Are sums already begun in y, and do they end here? */
	begun: boolean;
	ends: boolean;
	/** Do they begin and end here, and are they y as they are? */
	plain: boolean;
}

/** Are the sums themselves what is wanted? */
export const isPlain = ({
	alpha,
	bias,
	residual,
	activation
}: Pick<ProductCpu, 'alpha' | 'bias' | 'residual' | 'activation'>): boolean =>
	alpha === 1 && !bias && !residual && activation === 'none';

/** The run of one product, with its scratch memory. */
export function productCpu(given: ProductCpu): () => void {
	const { a, b, y, batch, rows, columns, inner } = given;
	const deep = a.across || b.across ? Math.min(DEEP, inner) : inner;
	// Rows that lie a power of two apart would meet in the same lines of the cache.
	const width = deep + 4;
	const turned = (matrix: MatrixCpu, extent: number) =>
		matrix.across ? new Float32Array(extent * width) : matrix.numbers;
	const panel: PanelCpu = {
		...given,
		a: turned(a, rows),
		aFrom: 0,
		aStride: a.across ? width : a.stride,
		b: turned(b, columns),
		bFrom: 0,
		bStride: b.across ? width : b.stride,
		y: y.numbers,
		yFrom: 0,
		yStride: y.stride,
		begun: false,
		ends: true,
		plain: false
	};
	const nothingAfter = isPlain(given);
	const row = new Float64Array(deep);
	const start = ({ offset = 0, batch = 0 }: MatrixCpu, member: number) => offset + member * batch;
	return () => {
		for (let member = 0; member < batch; member++) {
			panel.yFrom = start(y, member);
			for (let k = 0; k < inner; k += deep) {
				panel.inner = Math.min(deep, inner - k);
				panel.begun = k > 0;
				panel.ends = k + deep >= inner;
				panel.plain = nothingAfter && !panel.begun && panel.ends;
				panel.aFrom = a.across ? 0 : start(a, member) + k;
				panel.bFrom = b.across ? 0 : start(b, member) + k;
				if (a.across) turn(a, start(a, member), k, rows, panel.inner, panel.a, width);
				if (b.across) turn(b, start(b, member), k, columns, panel.inner, panel.b, width);
				multiply(panel, row);
			}
		}
	};
}

/** Numbers k … k + inner of every sum, out of a matrix across them into one along them. */
function turn(
	{ numbers, stride }: MatrixCpu,
	start: number,
	k: number,
	extent: number,
	inner: number,
	to: Float32Array,
	width: number
): void {
	for (let first = 0; first < extent; first += BLOCK) {
		const end = Math.min(first + BLOCK, extent);
		for (let i = 0; i < inner; i++) {
			const at = start + (k + i) * stride;
			for (let e = first; e < end; e++) to[e * width + i] = numbers[at + e];
		}
	}
}

/** One panel: whole quads of rows, then what is left row by row. */
function multiply(panel: PanelCpu, row: Float64Array): void {
	const whole = panel.rows - (panel.rows % 4);
	if (whole > 0) quadsOfRows(panel, whole);
	for (let r = whole; r < panel.rows; r++) {
		const from = panel.aFrom + r * panel.aStride;
		const numbers = row.length === panel.inner ? row : row.subarray(0, panel.inner);
		for (let k = 0; k < numbers.length; k++) numbers[k] = panel.a[from + k];
		oneRow(panel, r, numbers);
	}
}

/** Short, so that compilers put it where it is called. */
function finish(panel: PanelCpu, r: number, o: number, sum: number): void {
	const at = panel.yFrom + r * panel.yStride + o;
	panel.y[at] = panel.plain ? sum : ended(panel, at, o, sum);
}

function ended(panel: PanelCpu, at: number, o: number, sum: number): number {
	const { bias, residual, activation } = panel;
	let value = panel.begun ? sum + panel.y[at] : sum;
	if (!panel.ends) return value;
	value *= panel.alpha;
	if (bias) value += bias[o];
	if (activation !== 'none') value = activate(activation, value);
	return residual ? value + residual[at] : value;
}

/** Φ(x) of the normal distribution, to 10⁻⁷ of it in both tails: ½ erfc by a Chebyshev fit (Press et al., Numerical Recipes). */
export function normal(x: number): number {
	const z = Math.abs(x) * Math.SQRT1_2;
	const t = 1 / (1 + 0.5 * z);
	const high =
		-0.18628806 +
		t * (0.27886807 + t * (-1.13520398 + t * (1.48851587 + t * (-0.82215223 + t * 0.17087277))));
	const fit = -1.26551223 + t * (1.00002368 + t * (0.37409196 + t * (0.09678418 + t * high)));
	const tail = 0.5 * t * exp(fit - z * z);
	return x > 0 ? 1 - tail : tail;
}

export function activate(kind: Activation, x: number): number {
	switch (kind) {
		case 'softplus':
			return softplus(x);
		case 'silu':
			return x / (1 + exp(-x));
		case 'gelu':
			return x * normal(x);
		case 'relu2':
			return x > 0 ? x * x : 0;
		case 'sigmoid':
			return 1 / (1 + exp(-x));
		case 'tanh':
			return Math.tanh(x);
		default:
			return x;
	}
}

/** Row `r` of y, from its numbers in f64. */
export function oneRow(panel: PanelCpu, r: number, row: Float64Array): void {
	const { b, bFrom, bStride, columns, y } = panel;
	// Of the row, so that the compiler sees that no read of it leaves it.
	const inner = row.length;
	let o = 0;
	for (; o + 8 <= columns; o += 8) {
		const w0 = bFrom + o * bStride;
		const w1 = w0 + bStride;
		const w2 = w1 + bStride;
		const w3 = w2 + bStride;
		const w4 = w3 + bStride;
		const w5 = w4 + bStride;
		const w6 = w5 + bStride;
		const w7 = w6 + bStride;
		let [a, c, d, e] = [0, 0, 0, 0];
		let [f, g, h, i] = [0, 0, 0, 0];
		for (let k = 0; k < inner; k++) {
			const u = row[k];
			a += u * b[w0 + k];
			c += u * b[w1 + k];
			d += u * b[w2 + k];
			e += u * b[w3 + k];
			f += u * b[w4 + k];
			g += u * b[w5 + k];
			h += u * b[w6 + k];
			i += u * b[w7 + k];
		}
		const at = panel.yFrom + r * panel.yStride + o;
		if (panel.plain) {
			y[at] = a;
			y[at + 1] = c;
			y[at + 2] = d;
			y[at + 3] = e;
			y[at + 4] = f;
			y[at + 5] = g;
			y[at + 6] = h;
			y[at + 7] = i;
			continue;
		}
		finish(panel, r, o, a);
		finish(panel, r, o + 1, c);
		finish(panel, r, o + 2, d);
		finish(panel, r, o + 3, e);
		finish(panel, r, o + 4, f);
		finish(panel, r, o + 5, g);
		finish(panel, r, o + 6, h);
		finish(panel, r, o + 7, i);
	}
	for (; o < columns; o++) {
		const from = bFrom + o * bStride;
		let sum = 0;
		for (let k = 0; k < inner; k++) sum += row[k] * b[from + k];
		finish(panel, r, o, sum);
	}
}

/** The first `rows` rows of y, a multiple of four. */
function quadsOfRows(panel: PanelCpu, rows: number): void {
	const { a: x, aFrom, aStride, b: weight, bFrom, bStride, columns, inner } = panel;
	for (let r = 0; r < rows; r += 4) {
		const x0 = aFrom + r * aStride;
		const x1 = x0 + aStride;
		const x2 = x1 + aStride;
		const x3 = x2 + aStride;
		let o = 0;
		for (; o + 4 <= columns; o += 4) {
			const w0 = bFrom + o * bStride;
			const w1 = w0 + bStride;
			const w2 = w1 + bStride;
			const w3 = w2 + bStride;
			let [a, b, c, d] = [0, 0, 0, 0];
			let [e, f, g, h] = [0, 0, 0, 0];
			let [i, j, l, m] = [0, 0, 0, 0];
			let [n, p, q, s] = [0, 0, 0, 0];
			for (let k = 0; k < inner; k++) {
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
			finish(panel, r, o, a);
			finish(panel, r, o + 1, b);
			finish(panel, r, o + 2, c);
			finish(panel, r, o + 3, d);
			finish(panel, r + 1, o, e);
			finish(panel, r + 1, o + 1, f);
			finish(panel, r + 1, o + 2, g);
			finish(panel, r + 1, o + 3, h);
			finish(panel, r + 2, o, i);
			finish(panel, r + 2, o + 1, j);
			finish(panel, r + 2, o + 2, l);
			finish(panel, r + 2, o + 3, m);
			finish(panel, r + 3, o, n);
			finish(panel, r + 3, o + 1, p);
			finish(panel, r + 3, o + 2, q);
			finish(panel, r + 3, o + 3, s);
		}
		for (; o < columns; o++)
			for (let row = r; row < r + 4; row++) {
				const from = aFrom + row * aStride;
				const at = bFrom + o * bStride;
				let sum = 0;
				for (let k = 0; k < inner; k++) sum += x[from + k] * weight[at + k];
				finish(panel, row, o, sum);
			}
	}
}
