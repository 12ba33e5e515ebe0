// From continuous to discrete time: SciPy's numbers, and what must hold of any rule.
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import {
	discretize,
	discretizeDiagonal,
	exponential,
	identity,
	product,
	RULES,
	type Matrix,
	type Rule
} from '#kernels/discretize/reference.ts';
import {
	diagonaliseLegS,
	hermitianEigen,
	INITIALISATIONS,
	inEigenvectors,
	legS,
	legSInput,
	legSNormal,
	s4dDiagonal
} from '#kernels/hippo/reference.ts';
import { complex, conjugate, exp, plus, scale, size, times, ZERO } from '#kernels/lib/complex.ts';

interface Case {
	A: number[][];
	B: number[][];
	C: number[][];
	dt: number;
	Ad: number[][];
	Bd: number[][];
	Cd: number[][];
	Dd: number[][];
}
const golden = Object.entries(
	JSON.parse(readFileSync('tests/golden/data/discretize.json', 'utf8')) as Record<string, Case>
);

function expectMatrix(what: string, got: Matrix, want: Matrix, digits = 1e-12) {
	const largest = Math.max(1e-300, ...want.flat().map(Math.abs));
	expect(got.length, what).toBe(want.length);
	got.forEach((row, i) => {
		expect(row.length, what).toBe(want[i].length);
		row.forEach((v, j) => expect(Math.abs(v - want[i][j]) / largest, what).toBeLessThan(digits));
	});
}

describe('a discrete system', () => {
	it.each(golden)('equals that of SciPy: %s', (name, { A, B, C, dt, Ad, Bd, Cd, Dd }) => {
		const method = name.split('.').at(-1)!;
		const rule = (method === 'backward_diff' ? 'backward_euler' : method) as Rule;
		const got = discretize({ A, B, C, D: [[0]] }, dt, rule);
		expectMatrix('A', got.A, Ad);
		expectMatrix('B', got.B, Bd);
		expectMatrix('C', got.C, Cd);
		expect(Math.abs(got.D[0][0] - Dd[0][0])).toBeLessThan(1e-12);
	});

	it('is that of each number alone where A is diagonal', () => {
		const A = [-0.3, -2, 0, -40];
		const B = [1, -2, 3, 0.5];
		const C = [0.2, 1, -1, 4];
		const dense = {
			A: A.map((a, n) => A.map((_, k) => (n === k ? a : 0))),
			B: B.map((b) => [b]),
			C: [C],
			D: [[0.7]]
		};
		const numbers = (values: number[]) => values.map((v) => complex(v));
		for (const rule of RULES) {
			const want = discretize(dense, 0.3, rule);
			const got = discretizeDiagonal(
				{ A: numbers(A), B: numbers(B), C: numbers(C), D: complex(0.7) },
				0.3,
				rule
			);
			expectMatrix('A', [got.A.map(({ re }) => re)], [A.map((_, n) => want.A[n][n])]);
			expectMatrix('B', [got.B.map(({ re }) => re)], [want.B.map(([b]) => b)]);
			expectMatrix('C', [got.C.map(({ re }) => re)], want.C);
			expectMatrix('D', [[got.D.re]], want.D);
		}
	});

	it('takes a complex number as the turning of two real ones', () => {
		const [re, im, delta] = [-0.4, 3, 0.7];
		for (const rule of RULES) {
			const turning = discretize(
				{
					A: [
						[re, -im],
						[im, re]
					],
					B: [[1], [0]],
					C: [[1, 0]],
					D: [[0]]
				},
				delta,
				rule
			);
			const one = discretizeDiagonal(
				{ A: [complex(re, im)], B: [complex(1)], C: [complex(1)], D: ZERO },
				delta,
				rule
			);
			const { re: a, im: b } = one.A[0];
			expectMatrix('A', turning.A, [
				[a, -b],
				[b, a]
			]);
			expectMatrix('B', turning.B, [[one.B[0].re], [one.B[0].im]]);
		}
	});

	it('integrates where A cannot be inverted', () => {
		const { A, B } = discretize(
			{
				A: [
					[0, 1],
					[0, 0]
				],
				B: [[0], [1]],
				C: [[1, 0]],
				D: [[0]]
			},
			0.5,
			'zoh'
		);
		expectMatrix('A', A, [
			[1, 0.5],
			[0, 1]
		]);
		expectMatrix('B', B, [[0.125], [0.5]]);
	});

	it('says what does not fit, and where a rule has no answer', () => {
		const good = { A: [[1]], B: [[1]], C: [[1]], D: [[1]] };
		expect(() => discretize({ ...good, B: [[1], [1]] }, 1, 'zoh')).toThrow(
			'discretize: B is 2 × 1; expected 1 × 1.'
		);
		expect(() => discretize(good, 1, 'backward_euler')).toThrow('singular');
	});
});

describe('the exponential of a matrix', () => {
	it('is exact for a turn, a shear and a large decay', () => {
		const turn = exponential([
			[0, -20],
			[20, 0]
		]);
		expectMatrix('turn', turn, [
			[Math.cos(20), -Math.sin(20)],
			[Math.sin(20), Math.cos(20)]
		]);
		expectMatrix('zero', exponential([[0]]), [[1]]);
		expect(exponential([[-700]])[0][0] / Math.exp(-700)).toBeCloseTo(1, 10);
	});

	it('of A times that of −A is 1', () => {
		const A = legS(6);
		const there = exponential(A);
		const back = exponential(A.map((row) => row.map((v) => -v)));
		expectMatrix('identity', product(there, back), identity(6), 1e-8);
	});
});

describe('HiPPO-LegS', () => {
	it('is the matrix of the paper', () => {
		const r = Math.sqrt;
		expectMatrix('A', legS(3), [
			[-1, 0, 0],
			[-r(3), -2, 0],
			[-r(5), -r(15), -3]
		]);
		expect(legSInput(3)).toEqual([1, r(3), r(5)]);
	});

	it('is a normal matrix less one of rank one', () => {
		const { normal, p } = legSNormal(8);
		expectMatrix(
			'A',
			normal.map((row, n) => row.map((v, k) => v - p[n] * p[k])),
			legS(8)
		);
		normal.forEach((row, n) =>
			row.forEach((v, k) => expect(v + normal[k][n]).toBeCloseTo(n === k ? -1 : 0, 12))
		);
	});

	it.each([1, 2, 5, 16, 64])('is made diagonal by a unitary matrix, N = %i', (states) => {
		const { normal } = legSNormal(states);
		const { values, vectors } = diagonaliseLegS(states);
		let worst = 0;
		for (let n = 0; n < states; n++)
			for (let k = 0; k < states; k++) {
				let again = ZERO;
				let unit = ZERO;
				for (let j = 0; j < states; j++) {
					const pair = times(vectors[n][j], conjugate(vectors[k][j]));
					again = plus(again, times(pair, values[j]));
					unit = plus(unit, pair);
				}
				worst = Math.max(worst, size(plus(again, complex(-normal[n][k]))) / states);
				worst = Math.max(worst, size(plus(unit, complex(n === k ? -1 : 0))));
			}
		expect(worst).toBeLessThan(1e-11);
		values.forEach(({ re, im }, n) => {
			expect(re).toBe(-1 / 2);
			expect(im + values[states - 1 - n].im).toBeCloseTo(0, 8);
		});
	});

	it('remembers the same in the coordinates of its eigenvectors', () => {
		const states = 12;
		const { normal } = legSNormal(states);
		const { values, vectors } = diagonaliseLegS(states);
		const b = legSInput(states);
		const B = inEigenvectors(vectors, b);
		for (const t of [0.1, 0.5, 2]) {
			const kept = exponential(normal.map((row) => row.map((v) => v * t)));
			for (const k of [0, 5, states - 1]) {
				// The k-th number of the state at time t after an impulse, both ways.
				const direct = kept[k].reduce((sum, v, n) => sum + v * b[n], 0);
				const turned = values.reduce(
					(sum, a, n) => plus(sum, times(vectors[k][n], times(exp(scale(a, t)), B[n]))),
					ZERO
				);
				expect(turned.re).toBeCloseTo(direct, 9);
				expect(turned.im).toBeCloseTo(0, 9);
			}
		}
	});

	it('starts S4D where the paper says', () => {
		expect(s4dDiagonal('real', 3).map(({ re }) => re)).toEqual([-1, -2, -3]);
		expect(s4dDiagonal('lin', 6).map(({ im }) => im)).toEqual([0, Math.PI, 2 * Math.PI]);
		const inverse = s4dDiagonal('inv', 64).map(({ im }) => im);
		expect(inverse[0]).toBeCloseTo((64 / Math.PI) * 63, 9);
		for (const init of INITIALISATIONS)
			for (const { re } of s4dDiagonal(init, 8)) expect(re).toBeLessThan(0);
		expect(() => s4dDiagonal('lin', 3)).toThrow('N is 3; expected an even number');
	});

	it('has largest eigenvalues that S4D-Inv comes the closer to the larger N is', () => {
		const largest = (init: 'legs' | 'inv', states: number) =>
			s4dDiagonal(init, states)
				.map(({ im }) => im)
				.sort((a, b) => b - a)
				.slice(0, 4);
		const ratios = [16, 64].map((states) => {
			const exact = largest('legs', states);
			return largest('inv', states).map((im, n) => im / exact[n]);
		});
		ratios[1].forEach((ratio, n) => {
			expect(ratio).toBeGreaterThan(0.9);
			expect(ratio).toBeLessThan(1);
			expect(ratio).toBeGreaterThan(ratios[0][n]);
		});
	});

	it('rests on a solver that knows a Hermitian matrix by hand', () => {
		const { values } = hermitianEigen([
			[complex(2), complex(0, -1)],
			[complex(0, 1), complex(2)]
		]);
		expect(values.sort((a, b) => a - b)[0]).toBeCloseTo(1, 12);
		expect(values[1]).toBeCloseTo(3, 12);
	});
});
