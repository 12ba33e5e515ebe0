// A linear layer on the processor: 4 rows by 4 outputs at a time, their sixteen sums in local variables, both operands read
// in order.

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

export function linearCpu(given: LinearCpu): () => void {
	const { norm, rows, in: width, offset, stride, x } = given;
	if (!norm) return () => multiply(given, x, stride, offset);
	const normed = new Float32Array(rows * width);
	return () => {
		for (let r = 0; r < rows; r++) {
			const from = r * stride + offset;
			let sum = 0;
			for (let k = 0; k < width; k++) sum += x[from + k] * x[from + k];
			const scale = 1 / Math.sqrt(sum / width + norm.epsilon);
			for (let k = 0; k < width; k++) normed[r * width + k] = x[from + k] * scale * norm.weight[k];
		}
		multiply(given, normed, width, 0);
	};
}

function multiply(
	{ weight, y, rows, in: width, out, bias, residual, softplus }: LinearCpu,
	x: Float32Array,
	stride: number,
	offset: number
): void {
	const finish = (r: number, o: number, sum: number) => {
		let value = bias ? sum + bias[o] : sum;
		if (softplus) value = Math.max(value, 0) + Math.log1p(Math.exp(-Math.abs(value)));
		const at = r * out + o;
		y[at] = residual ? value + residual[at] : value;
	};
	const fullOut = out - (out % 4);
	let r = 0;
	for (; r + 4 <= rows; r += 4) {
		const x0 = r * stride + offset;
		const x1 = x0 + stride;
		const x2 = x1 + stride;
		const x3 = x2 + stride;
		for (let o = 0; o < fullOut; o += 4) {
			const w0 = o * width;
			const w1 = w0 + width;
			const w2 = w1 + width;
			const w3 = w2 + width;
			let a = 0,
				b = 0,
				c = 0,
				d = 0,
				e = 0,
				f = 0,
				g = 0,
				h = 0;
			let i = 0,
				j = 0,
				l = 0,
				m = 0,
				n = 0,
				p = 0,
				q = 0,
				s = 0;
			for (let k = 0; k < width; k++) {
				const u0 = x[x0 + k],
					u1 = x[x1 + k],
					u2 = x[x2 + k],
					u3 = x[x3 + k];
				const v0 = weight[w0 + k],
					v1 = weight[w1 + k],
					v2 = weight[w2 + k],
					v3 = weight[w3 + k];
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
			finish(r, o, a);
			finish(r, o + 1, b);
			finish(r, o + 2, c);
			finish(r, o + 3, d);
			finish(r + 1, o, e);
			finish(r + 1, o + 1, f);
			finish(r + 1, o + 2, g);
			finish(r + 1, o + 3, h);
			finish(r + 2, o, i);
			finish(r + 2, o + 1, j);
			finish(r + 2, o + 2, l);
			finish(r + 2, o + 3, m);
			finish(r + 3, o, n);
			finish(r + 3, o + 1, p);
			finish(r + 3, o + 2, q);
			finish(r + 3, o + 3, s);
		}
		for (let o = fullOut; o < out; o++)
			for (let row = r; row < r + 4; row++)
				finish(row, o, dot(x, row * stride + offset, weight, o * width, width));
	}
	for (; r < rows; r++) {
		const x0 = r * stride + offset;
		for (let o = 0; o < fullOut; o += 4) {
			const w0 = o * width;
			const w1 = w0 + width;
			const w2 = w1 + width;
			const w3 = w2 + width;
			let a = 0,
				b = 0,
				c = 0,
				d = 0;
			for (let k = 0; k < width; k++) {
				const u = x[x0 + k];
				a += u * weight[w0 + k];
				b += u * weight[w1 + k];
				c += u * weight[w2 + k];
				d += u * weight[w3 + k];
			}
			finish(r, o, a);
			finish(r, o + 1, b);
			finish(r, o + 2, c);
			finish(r, o + 3, d);
		}
		for (let o = fullOut; o < out; o++) finish(r, o, dot(x, x0, weight, o * width, width));
	}
}

function dot(x: Float32Array, at: number, w: Float32Array, from: number, length: number): number {
	let sum = 0;
	for (let k = 0; k < length; k++) sum += x[at + k] * w[from + k];
	return sum;
}
