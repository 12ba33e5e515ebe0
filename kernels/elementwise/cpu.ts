// The nonlinear functions and their slopes on the processor; products and sums of tensors.
import { exp } from '../lib/exp.ts';
import { activate, normal } from '../matmul/cpu.ts';
import type { Kind } from './index.ts';

const ROOT = Math.sqrt(2 / Math.PI);
const CUBIC = 0.044715;

export function act(kind: Kind, x: number): number {
	if (kind !== 'gelu_tanh') return activate(kind, x);
	return x / (1 + exp(-2 * ROOT * (x + CUBIC * x * x * x)));
}

export function slope(kind: Kind, x: number): number {
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
		case 'gelu_tanh': {
			const gate = 1 / (1 + exp(-2 * ROOT * (x + CUBIC * x * x * x)));
			return gate + x * gate * (1 - gate) * 2 * ROOT * (1 + 3 * CUBIC * x * x);
		}
	}
}

/** Columns of rows, from column `first` on. */
interface Columns {
	readonly data: Float32Array;
	readonly stride: number;
	readonly first: number;
}

/** y = a · b in `width` columns of each. */
export function multiplyCpu(a: Columns, b: Columns, y: Columns, width: number): void {
	const rows = y.data.length / y.stride;
	for (let row = 0; row < rows; row++) {
		const [i, j, to] = [a, b, y].map(({ stride, first }) => row * stride + first);
		for (let k = 0; k < width; k++) y.data[to + k] = a.data[i + k] * b.data[j + k];
	}
}

/** y = a + b */
export function addCpu(a: Float32Array, b: Float32Array, y: Float32Array): void {
	for (let i = 0; i < y.length; i++) y[i] = a[i] + b[i];
}
