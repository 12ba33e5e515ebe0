// HiPPO-LegS: the matrix that makes a state remember its whole past, as coefficients of scaled Legendre polynomials (Gu et al. 2020,
// "HiPPO: Recurrent Memory with Optimal Polynomial Projections", theorem 2), and the diagonals that S4D starts from in its place
// (Gu, Gupta, Goel and Ré 2022, "On the Parameterization and Initialization of Diagonal State Space Models", section 4). In f64.
import { complex, conjugate, plus, scale, ZERO, type Complex } from '../lib/complex.ts';
import type { Matrix } from '../discretize/reference.ts';

const table = <T>(size: number, entry: (n: number, k: number) => T): T[][] =>
	Array.from({ length: size }, (_, n) => Array.from({ length: size }, (_, k) => entry(n, k)));
const list = <T>(size: number, entry: (n: number) => T): T[] =>
	Array.from({ length: size }, (_, n) => entry(n));

/** A of HiPPO-LegS, N × N: −√(2n+1)√(2k+1) below the diagonal, −(n+1) on it, 0 above. */
export const legS = (states: number): Matrix =>
	table(states, (n, k) => {
		if (n < k) return 0;
		return n === k ? -(n + 1) : -Math.sqrt((2 * n + 1) * (2 * k + 1));
	});

/** B of HiPPO-LegS, N: √(2n+1). */
export const legSInput = (states: number): number[] => list(states, (n) => Math.sqrt(2 * n + 1));

/** A normal matrix and a correction of rank one: A = normal − p pᵀ. */
export interface NormalPlusLowRank {
	/** N × N: −½ on the diagonal, skew-symmetric beside it. */
	readonly normal: Matrix;
	/** N */
	readonly p: readonly number[];
}

/** HiPPO-LegS taken apart: with p_n = √(n + ½), A + p pᵀ is normal, so that a unitary matrix makes it diagonal (S4, theorem 1). */
export function legSNormal(states: number): NormalPlusLowRank {
	const p = list(states, (n) => Math.sqrt(n + 1 / 2));
	const A = legS(states);
	return { normal: table(states, (n, k) => A[n][k] + p[n] * p[k]), p };
}

/** normal = V · diag(values) · V*, V unitary. */
export interface Diagonalised {
	/** By falling imaginary part; they come in conjugate pairs. */
	readonly values: readonly Complex[];
	/** N × N, rows; column n is the unit eigenvector of value n. */
	readonly vectors: readonly (readonly Complex[])[];
}

/** The eigenvalues and eigenvectors of the normal part. All real parts are −½. */
export function diagonaliseLegS(states: number): Diagonalised {
	const { normal } = legSNormal(states);
	// The skew-symmetric part S has imaginary eigenvalues iω; −iS is Hermitian and has the ω.
	const { values, vectors } = hermitianEigen(
		table(states, (n, k) => complex(0, n === k ? 0 : -normal[n][k]))
	);
	const order = list(states, (n) => n).sort((a, b) => values[b] - values[a]);
	return {
		values: order.map((n) => complex(-1 / 2, values[n])),
		vectors: vectors.map((row) => order.map((n) => row[n]))
	};
}

/** V* b: a vector of the old coordinates in those of the eigenvectors, as B of the diagonal system; its read-out is C V. */
export const inEigenvectors = (
	vectors: readonly (readonly Complex[])[],
	b: readonly number[]
): Complex[] =>
	vectors.map((_, n) =>
		b.reduce((sum, value, k) => plus(sum, scale(conjugate(vectors[k][n]), value)), ZERO)
	);

/** Where S4D starts from. */
export type Initialisation = 'legs' | 'lin' | 'inv' | 'real';
export const INITIALISATIONS: readonly Initialisation[] = ['legs', 'lin', 'inv', 'real'];

/**
 * The diagonal A that S4D starts from.
 *
 *   legs  S4D-LegS  the normal part of HiPPO-LegS
 *   inv   S4D-Inv   −½ + i (N/π)(N/(2n+1) − 1), close to it for large N
 *   lin   S4D-Lin   −½ + iπn, the frequencies of a Fourier series
 *   real  S4D-Real  −(n+1), the diagonal of HiPPO-LegS, as in Mamba
 *
 * @param states N, real numbers of state. The first three give the N/2 values in the upper half-plane, each of which stands for its
 *   conjugate too; `real` gives N.
 * @throws RangeError for an odd N where values come in pairs
 */
export function s4dDiagonal(init: Initialisation, states: number): Complex[] {
	if (init === 'real') return s4dReal(states);
	if (states % 2 !== 0)
		throw new RangeError(`Values of A come in pairs: N is ${states}; expected an even number.`);
	if (init === 'legs')
		return diagonaliseLegS(states)
			.values.slice(0, states / 2)
			.reverse();
	if (init === 'lin') return s4dLin(states);
	return list(states / 2, (n) => complex(-1 / 2, (states / Math.PI) * (states / (2 * n + 1) - 1)));
}

/** S4D-Real: −1, −2, …, −N. */
export const s4dReal = (states: number): Complex[] => list(states, (n) => complex(-(n + 1)));

/** S4D-Lin: −½ + iπn for n = 0…N/2 − 1, each for its conjugate too. */
export const s4dLin = (states: number): Complex[] =>
	list(states / 2, (n) => complex(-1 / 2, Math.PI * n));

/**
 * Eigenvalues and unit eigenvectors of a Hermitian matrix by Jacobi's method: turn two coordinates at a time so that the number that
 * couples them vanishes, until all are gone.
 */
export function hermitianEigen(matrix: readonly (readonly Complex[])[]): {
	readonly values: number[];
	readonly vectors: Complex[][];
} {
	const size = matrix.length;
	// Columns of H and V, as arrays of real and imaginary parts.
	const H = columnsOf(size, (n, k) => matrix[n][k]);
	const V = columnsOf(size, (n, k) => complex(n === k ? 1 : 0));
	const coupling = () => {
		let sum = 0;
		for (let k = 0; k < size; k++)
			for (let n = 0; n < k; n++) sum += H[k].re[n] ** 2 + H[k].im[n] ** 2;
		return sum;
	};
	const whole = H.reduce((sum, { re }, k) => sum + re[k] ** 2, 2 * coupling());
	for (let sweep = 0; sweep < 60 && coupling() > 1e-32 * whole; sweep++)
		for (let q = 1; q < size; q++)
			for (let p = 0; p < q; p++) {
				const { re, im } = H[q];
				const beside = Math.hypot(re[p], im[p]);
				if (beside === 0) continue;
				const [cosine, sine] = [re[p] / beside, im[p] / beside];
				const tau = (re[q] - H[p].re[p]) / (2 * beside);
				const t = (tau >= 0 ? 1 : -1) / (Math.abs(tau) + Math.hypot(1, tau));
				const c = 1 / Math.hypot(1, t);
				const turn = { c, s: complex(t * c * cosine, t * c * sine) };
				turnColumns(H, p, q, turn);
				turnRows(H, p, q, turn);
				turnColumns(V, p, q, turn);
			}
	return {
		values: list(size, (n) => H[n].re[n]),
		vectors: table(size, (n, k) => complex(V[k].re[n], V[k].im[n]))
	};
}

interface Column {
	readonly re: Float64Array;
	readonly im: Float64Array;
}

const columnsOf = (size: number, entry: (n: number, k: number) => Complex): Column[] =>
	list(size, (k) => ({
		re: Float64Array.from({ length: size }, (_, n) => entry(n, k).re),
		im: Float64Array.from({ length: size }, (_, n) => entry(n, k).im)
	}));

interface Turn {
	readonly c: number;
	readonly s: Complex;
}

/** columns p, q ← (c·p − s̄·q, s·p + c·q) */
function turnColumns(M: Column[], p: number, q: number, { c, s }: Turn): void {
	const [P, Q] = [M[p], M[q]];
	for (let n = 0; n < P.re.length; n++) {
		const [pr, pi, qr, qi] = [P.re[n], P.im[n], Q.re[n], Q.im[n]];
		P.re[n] = c * pr - (s.re * qr + s.im * qi);
		P.im[n] = c * pi - (s.re * qi - s.im * qr);
		Q.re[n] = s.re * pr - s.im * pi + c * qr;
		Q.im[n] = s.re * pi + s.im * pr + c * qi;
	}
}

/** rows p, q ← (c·p − s·q, s̄·p + c·q) */
function turnRows(M: Column[], p: number, q: number, { c, s }: Turn): void {
	for (const { re, im } of M) {
		const [pr, pi, qr, qi] = [re[p], im[p], re[q], im[q]];
		re[p] = c * pr - (s.re * qr - s.im * qi);
		im[p] = c * pi - (s.re * qi + s.im * qr);
		re[q] = s.re * pr + s.im * pi + c * qr;
		im[q] = s.re * pi - s.im * pr + c * qi;
	}
}
