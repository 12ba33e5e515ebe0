// Nonlinear functions, products and sums of tensors in f64, number by number.
import { ACTIVATIONS, type ActivationName } from '../linear/reference.ts';

export type ReferenceKind = Exclude<ActivationName, 'none'> | 'gelu_tanh';

/** `gelu_tanh` is the approximation of Hendrycks and Gimpel, Gaussian Error Linear Units (2016). */
export function activationReference(kind: ReferenceKind, x: ArrayLike<number>): Float64Array {
	if (kind !== 'gelu_tanh') return Float64Array.from(x, ACTIVATIONS[kind]);
	const inner = (x: number) => Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3);
	return Float64Array.from(x, (x) => 0.5 * x * (1 + Math.tanh(inner(x))));
}

/** f(gate) · up: SwiGLU and its relatives (Shazeer, GLU Variants Improve Transformer, 2020). */
export const gatedReference = (
	kind: ReferenceKind,
	gate: ArrayLike<number>,
	up: ArrayLike<number>
): Float64Array => multiplyReference(activationReference(kind, gate), up);

/** Columns [from, to) of rows of `stride` numbers, one row after the other. */
export function columnsReference(
	x: ArrayLike<number>,
	stride: number,
	[from, to]: readonly [number, number]
): number[] {
	return Array.from(x).filter((_, i) => i % stride >= from && i % stride < to);
}

export const multiplyReference = (a: ArrayLike<number>, b: ArrayLike<number>): Float64Array =>
	Float64Array.from(a, (value, i) => value * b[i]);

export const addReference = (a: ArrayLike<number>, b: ArrayLike<number>): Float64Array =>
	Float64Array.from(a, (value, i) => value + b[i]);
