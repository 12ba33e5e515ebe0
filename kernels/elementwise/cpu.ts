// The nonlinear functions and their slopes on the processor, in f64.
import { exp } from '../lib/exp.ts';
import { activate, normal } from '../matmul/cpu.ts';
import type { Kind } from './index.ts';

const ROOT = Math.sqrt(2 / Math.PI);
const CUBIC = 0.044715;

export function act(kind: Kind, x: number): number {
	if (kind !== 'gelu_tanh') return activate(kind, x);
	return 0.5 * x * (1 + Math.tanh(ROOT * (x + CUBIC * x ** 3)));
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
			const t = Math.tanh(ROOT * (x + CUBIC * x ** 3));
			return 0.5 * (1 + t) + 0.5 * x * (1 - t * t) * ROOT * (1 + 3 * CUBIC * x * x);
		}
	}
}
