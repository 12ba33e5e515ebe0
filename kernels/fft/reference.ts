// The discrete Fourier transform in f64: X_k = Σ_j x_j e^{−2πi jk/n}. Two ways to the same numbers: the sum as it stands, and halves of
// halves (Cooley & Tukey 1965), which turns n² products into n log₂ n.
import { complex, minus, plus, polar, scale, times, type Complex } from '../lib/complex.ts';

/** The sum as it stands, for any n; n² products. */
export const dft = (x: readonly Complex[]): Complex[] =>
	x.map((_, k) =>
		x.reduce(
			(sum, value, j) => plus(sum, times(value, root(x.length, (j * k) % x.length))),
			complex(0)
		)
	);

/** The same for n a power of two, by halves. Throws a RangeError for another n. */
export function fftReference(x: readonly Complex[]): Complex[] {
	const n = x.length;
	if (n === 1) return [...x];
	if (n % 2 !== 0) throw new RangeError(`A transform by halves takes a power of two, not ${n}.`);
	const even = fftReference(x.filter((_, j) => j % 2 === 0));
	const odd = fftReference(x.filter((_, j) => j % 2 === 1)).map((value, k) =>
		times(value, root(n, k))
	);
	return [
		...even.map((value, k) => plus(value, odd[k])),
		...even.map((value, k) => minus(value, odd[k]))
	];
}

/** x_j = (1/n) Σ_k X_k e^{+2πi jk/n}: the transform of the mirrored sequence, by n. */
export const inverseReference = (X: readonly Complex[]): Complex[] => {
	const mirrored = X.map((_, k) => X[(X.length - k) % X.length]);
	return fftReference(mirrored).map((value) => scale(value, 1 / X.length));
};

/** e^{−2πi k/n} */
const root = (n: number, k: number): Complex => polar(1, (-2 * Math.PI * k) / n);
