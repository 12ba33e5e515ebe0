// From continuous to discrete time, in f64: the system h' = A h + B x, y = C h + D x, with x held or interpolated over steps of
// length Δ, becomes h_t = Ā h_{t−1} + B̄ x_t, y_t = C̄ h_t + D̄ x_t.
//
//   zoh             x is held constant over a step          Ā = e^{ΔA}                       B̄ = ∫₀^Δ e^{sA} ds B
//   bilinear        the trapezoidal rule (Tustin)           Ā = (1 − ΔA/2)⁻¹ (1 + ΔA/2)      B̄ = (1 − ΔA/2)⁻¹ ΔB
//   euler           the slope at the start of the step      Ā = 1 + ΔA                       B̄ = ΔB
//   backward_euler  the slope at the end of the step        Ā = (1 − ΔA)⁻¹                   B̄ = (1 − ΔA)⁻¹ ΔB
//
// C̄ and D̄ are those of SciPy's `cont2discrete`, where the implicit rules also change the read-out: the discrete state of the last
// three rules is not h itself. S4D and Mamba leave C and D as they are. Sources: Gu et al. 2022 (S4), section 2.3; Zhang, Chen and Chou
// 2007, "Digitization of state-space systems by generalized bilinear transformation"; Van Loan 1978 for the block matrix.
import {
	complex,
	exp,
	minus,
	ONE,
	over,
	phi,
	plus,
	scale,
	times,
	type Complex
} from '../lib/complex.ts';

export type Rule = 'zoh' | 'bilinear' | 'euler' | 'backward_euler';
export const RULES: readonly Rule[] = ['zoh', 'bilinear', 'euler', 'backward_euler'];

/** Rows of equal length. */
export type Matrix = readonly (readonly number[])[];

export interface System {
	/** N × N */
	readonly A: Matrix;
	/** N × inputs */
	readonly B: Matrix;
	/** outputs × N */
	readonly C: Matrix;
	/** outputs × inputs */
	readonly D: Matrix;
}

/** Where between the start of a step (0) and its end (1) a rule takes the slope. */
const WEIGHT = { euler: 0, bilinear: 1 / 2, backward_euler: 1 } as const;

/**
 * The discrete system that follows a continuous one at steps of `delta`, in units of the system's own time.
 *
 * A may be singular: the integral of zero-order hold is read off the exponential of [[A, B], [0, 0]], not divided by A. Throws a
 * RangeError for matrices that do not fit, and where an implicit rule meets an eigenvalue of A at 1/Δ or 2/Δ.
 */
export function discretize({ A, B, C, D }: System, delta: number, rule: Rule): System {
	const states = A.length;
	const [outputs, inputs] = [C.length, B[0]?.length ?? 0];
	expectSize('A', A, states, states);
	expectSize('B', B, states, inputs);
	expectSize('C', C, outputs, states);
	expectSize('D', D, outputs, inputs);
	if (rule === 'zoh') {
		const block = [
			...A.map((row, n) => [...row, ...B[n]].map((v) => v * delta)),
			...zeros(inputs, states + inputs)
		];
		const held = exponential(block);
		return {
			A: held.slice(0, states).map((row) => row.slice(0, states)),
			B: held.slice(0, states).map((row) => row.slice(states)),
			C,
			D
		};
	}
	const weight = WEIGHT[rule];
	const ahead = combine(identity(states), A, -weight * delta);
	const behind = combine(identity(states), A, (1 - weight) * delta);
	const B_bar = solve(ahead, scaled(B, delta));
	return {
		A: solve(ahead, behind),
		B: B_bar,
		C: transpose(solve(transpose(ahead), transpose(C))),
		D: combine(D, product(C, B_bar), weight)
	};
}

/** A diagonal system with one input and one output: entries of A, B and C, which may be complex, and D. */
export interface DiagonalSystem {
	readonly A: readonly Complex[];
	readonly B: readonly Complex[];
	readonly C: readonly Complex[];
	readonly D: Complex;
}

/** The same for a diagonal A, where every rule is arithmetic on numbers. */
export function discretizeDiagonal(
	{ A, B, C, D }: DiagonalSystem,
	delta: number,
	rule: Rule
): DiagonalSystem {
	const steps = A.map((a) => discretizeNumber(a, delta, rule));
	const B_bar = B.map((b, n) => times(steps[n].write, b));
	if (rule === 'zoh') return { A: steps.map(({ keep }) => keep), B: B_bar, C, D };
	const weight = WEIGHT[rule];
	return {
		A: steps.map(({ keep }) => keep),
		B: B_bar,
		C: C.map((c, n) => over(c, minus(ONE, scale(A[n], weight * delta)))),
		D: C.reduce((sum, c, n) => plus(sum, scale(times(c, B_bar[n]), weight)), D)
	};
}

/** Ā and B̄ for one number a of a diagonal A, with B = 1: what is kept of the state and what is written into it. */
export function discretizeNumber(
	a: Complex,
	delta: number,
	rule: Rule
): { readonly keep: Complex; readonly write: Complex } {
	const z = scale(a, delta);
	if (rule === 'zoh') return { keep: exp(z), write: scale(phi(z), delta) };
	const weight = WEIGHT[rule];
	const ahead = minus(ONE, scale(z, weight));
	return {
		keep: over(plus(ONE, scale(z, 1 - weight)), ahead),
		write: over(complex(delta), ahead)
	};
}

/** Numerator of the Padé approximant of degree 13 to e^x; the denominator is the same with every other sign turned. */
const PADE = [
	64764752532480000, 32382376266240000, 7771770303897600, 1187353796428800, 129060195264000,
	10559470521600, 670442572800, 33522128640, 1323241920, 40840800, 960960, 16380, 182, 1
];
/** The largest column sum at which that approximant is good to the last bit of an f64. */
const PADE_REACH = 5.37;

/** e^A by scaling and squaring (Higham 2005): e^A = (e^{A/2^s})^{2^s}, with a Padé approximant for the small matrix. */
export function exponential(A: Matrix): Matrix {
	const columnSums = transpose(A).map((column) => column.reduce((sum, v) => sum + Math.abs(v), 0));
	const squarings = Math.max(0, Math.ceil(Math.log2(Math.max(...columnSums) / PADE_REACH)));
	const small = scaled(A, 2 ** -squarings);
	const square = product(small, small);
	let [even, odd] = [scaled(identity(A.length), PADE[0]), scaled(identity(A.length), PADE[1])];
	let power: Matrix = identity(A.length);
	for (let k = 2; k < PADE.length; k += 2) {
		power = product(power, square);
		even = combine(even, power, PADE[k]);
		odd = combine(odd, power, PADE[k + 1]);
	}
	odd = product(small, odd);
	let result = solve(combine(even, odd, -1), combine(even, odd, 1));
	for (let s = 0; s < squarings; s++) result = product(result, result);
	return result;
}

export const identity = (n: number): Matrix =>
	Array.from({ length: n }, (_, i) => Array.from({ length: n }, (_, j) => (i === j ? 1 : 0)));

export const transpose = (a: Matrix): Matrix => a[0]?.map((_, j) => a.map((row) => row[j])) ?? [];

export const product = (a: Matrix, b: Matrix): Matrix => {
	const columns = transpose(b);
	return a.map((row) => columns.map((column) => row.reduce((sum, v, i) => sum + v * column[i], 0)));
};

/** a + factor · b */
const combine = (a: Matrix, b: Matrix, factor: number): Matrix =>
	a.map((row, i) => row.map((v, j) => v + factor * b[i][j]));

const scaled = (a: Matrix, factor: number): Matrix => a.map((row) => row.map((v) => v * factor));

const zeros = (rows: number, columns: number): Matrix =>
	Array.from({ length: rows }, () => new Array<number>(columns).fill(0));

/** a⁻¹ b, by elimination with the largest pivot of each column. Throws a RangeError where a is singular. */
export function solve(a: Matrix, b: Matrix): Matrix {
	const rows = a.map((row, i) => [...row, ...b[i]]);
	const n = a.length;
	for (let k = 0; k < n; k++) {
		let pivot = k;
		for (let i = k + 1; i < n; i++) if (Math.abs(rows[i][k]) > Math.abs(rows[pivot][k])) pivot = i;
		if (rows[pivot][k] === 0)
			throw new RangeError('The matrix is singular: no unique solution exists.');
		[rows[k], rows[pivot]] = [rows[pivot], rows[k]];
		for (let i = 0; i < n; i++) {
			if (i === k) continue;
			const factor = rows[i][k] / rows[k][k];
			if (factor === 0) continue;
			for (let j = k; j < rows[i].length; j++) rows[i][j] -= factor * rows[k][j];
		}
	}
	return rows.map((row, i) => row.slice(n).map((v) => v / row[i]));
}

function expectSize(name: string, matrix: Matrix, rows: number, columns: number): void {
	const came = matrix.map((row) => row.length);
	if (matrix.length !== rows || came.some((length) => length !== columns))
		throw new RangeError(
			`discretize: ${name} is ${matrix.length} × ${came.find((length) => length !== columns) ?? columns}; expected ${rows} × ${columns}.`
		);
}
