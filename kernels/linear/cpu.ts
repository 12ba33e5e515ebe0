// A linear layer on the processor. The product is that of `matmul`; here is what only a layer has: the norm in front of one row,
// and what a gradient needs beside products.
import { exp } from '../lib/exp.ts';
import { normal, oneRow, type PanelCpu } from '../matmul/cpu.ts';
import type { Activation } from '../matmul/product.ts';

export interface NormedCpu {
	/** `a` is x, `b` the weight, both along the sum. */
	readonly panel: PanelCpu;
	readonly weight: Float32Array;
	readonly epsilon: number;
}

/** y = RMS norm of x, then the layer, row by row. */
export function normedCpu({ panel, weight, epsilon }: NormedCpu): () => void {
	const { a, aFrom, aStride, rows, inner } = panel;
	const row = new Float64Array(inner);
	return () => {
		for (let r = 0; r < rows; r++) {
			const from = aFrom + r * aStride;
			let sum = 0;
			for (let k = 0; k < inner; k++) {
				row[k] = a[from + k];
				sum += row[k] * row[k];
			}
			const scale = 1 / Math.sqrt(sum / inner + epsilon);
			for (let k = 0; k < inner; k++) row[k] *= scale * weight[k];
			oneRow(panel, r, row);
		}
	};
}

/** y (width) = the sums of x (rows, width) over its rows, + residual. */
export function sumRowsCpu(
	x: Float32Array,
	residual: Float32Array | null,
	y: Float32Array,
	rows: number
): () => void {
	const width = y.length;
	const sums = new Float64Array(width);
	return () => {
		if (residual) sums.set(residual);
		else sums.fill(0);
		for (let r = 0; r < rows; r++) {
			const at = r * width;
			for (let o = 0; o < width; o++) sums[o] += x[at + o];
		}
		y.set(sums);
	};
}

/** f′ at x. */
function fromInput(kind: Activation, x: number): number {
	const s = 1 / (1 + exp(-x));
	switch (kind) {
		case 'silu':
			return s * (1 + x * (1 - s));
		case 'gelu':
			return normal(x) + (x * exp(-0.5 * x * x)) / Math.sqrt(2 * Math.PI);
		case 'relu2':
			return x > 0 ? 2 * x : 0;
		case 'sigmoid':
			return s * (1 - s);
		case 'tanh':
			return 1 - Math.tanh(x) ** 2;
		case 'softplus':
			return s;
		default:
			return 1;
	}
}

/** f′ where f(x) is y. */
function fromOutput(kind: Activation, y: number): number {
	switch (kind) {
		case 'relu2':
			return 2 * Math.sqrt(y);
		case 'sigmoid':
			return y * (1 - y);
		case 'tanh':
			return (1 - y) * (1 + y);
		default:
			return -Math.expm1(-y);
	}
}

/** dx = dy · f′; `saved` holds f's input or its output. */
export function activationBackwardCpu(
	kind: Activation,
	isInput: boolean,
	dy: Float32Array,
	saved: Float32Array,
	dx: Float32Array
): () => void {
	const slope = isInput ? fromInput : fromOutput;
	return () => {
		for (let i = 0; i < dx.length; i++) dx[i] = dy[i] * slope(kind, saved[i]);
	};
}
