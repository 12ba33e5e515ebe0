// One state that follows h′ = λh + x, in closed form. Source of the exact step: kernels/discretize/reference.ts, zero-order hold.
import { discretizeNumber } from '#kernels/discretize/reference.ts';
import { complex, exp, plus, scale, times, type Complex } from '#kernels/lib/complex.ts';

/** h(t) = e^{λt}, from h(0) = 1 and without input. */
export const free = (pole: Complex, t: number): Complex => exp(scale(pole, t));

/** Time after which half is left, in the time's own unit; Infinity on the imaginary axis, negative where it grows: then it doubles. */
export const halfLife = ({ re }: Complex): number => (re === 0 ? Infinity : -Math.LN2 / re);

/** Time of one turn; Infinity where nothing turns. */
export const period = ({ im }: Complex): number =>
	im === 0 ? Infinity : (2 * Math.PI) / Math.abs(im);

/**
 * The state under an input that holds each sample for `hold`, from h(0) = 0, at `parts` times a sample: exact at each of them.
 * @returns pairs of time and state, the first at 0
 */
export function driven(
	pole: Complex,
	input: readonly number[],
	hold: number,
	parts = 4
): (readonly [t: number, h: Complex])[] {
	const { keep, write } = discretizeNumber(pole, hold / parts, 'zoh');
	let h = complex(0);
	const path: (readonly [number, Complex])[] = [[0, h]];
	input.forEach((x, i) => {
		for (let part = 1; part <= parts; part++) {
			h = plus(times(keep, h), scale(write, x));
			path.push([(i + part / parts) * hold, h]);
		}
	});
	return path;
}

/** The poles of a mass of 1 on a spring, position″ = −stiffness · position − damping · velocity: eigenvalues of [[0, 1], [−k, −c]]. */
export function springPoles(stiffness: number, damping: number): readonly [Complex, Complex] {
	const middle = -damping / 2;
	const under = stiffness - middle * middle;
	if (under >= 0) return [complex(middle, Math.sqrt(under)), complex(middle, -Math.sqrt(under))];
	const apart = Math.sqrt(-under);
	return [complex(middle + apart), complex(middle - apart)];
}

/** Position of that mass, let go at 1 without a push. */
export function springPosition(stiffness: number, damping: number, t: number): number {
	const [a, b] = springPoles(stiffness, damping);
	const middle = -damping / 2;
	const under = stiffness - middle * middle;
	// Where the poles meet, e^{λt}(1 − λt); near it both forms lose digits, and this one the fewer.
	if (Math.abs(under) < 1e-6) return Math.exp(middle * t) * (1 - middle * t);
	if (under > 0) {
		const turn = Math.sqrt(under);
		return Math.exp(middle * t) * (Math.cos(turn * t) - (middle / turn) * Math.sin(turn * t));
	}
	return (a.re * Math.exp(b.re * t) - b.re * Math.exp(a.re * t)) / (a.re - b.re);
}

/** Poles whose modes stand beside one another: `ringing` as S4D-Lin has them, −½ + iπn, `fading` as S4D-Real, −(n + 1); both in units of 2/span. */
export function poleFamily(kind: 'ringing' | 'fading', count: number, span: number): Complex[] {
	const unit = 2 / span;
	return Array.from({ length: count }, (_, n) =>
		kind === 'ringing' ? complex(-unit / 2, Math.PI * n * unit) : complex(-(n + 1) * unit)
	);
}

/** Real functions that the read-out can mix: e^{at}, or e^{at}cos ωt and e^{at}sin ωt. */
export function modesOf(poles: readonly Complex[], t: number): number[] {
	return poles.flatMap((pole) => {
		const { re, im } = free(pole, t);
		return pole.im === 0 ? [re] : [re, im];
	});
}

/**
 * The read-out c that brings Σ c_k · mode_k(t) closest to a wanted kernel at the given times, by least squares, when each number of the
 * state carries an independent error of √ridge: the mean square of what is missed then grows by ridge · |c|² (ridge regression). Without
 * it fading modes, which are nearly alike, are set against each other with weights that no number of a machine can bear.
 */
export function bestReadout(
	poles: readonly Complex[],
	times: readonly number[],
	wanted: readonly number[],
	ridge = 1e-9
): number[] {
	const rows = times.map((t) => modesOf(poles, t));
	const size = rows[0].length;
	const matrix = Array.from({ length: size }, (_, i) =>
		Array.from({ length: size + 1 }, (_, k) => {
			const sum = rows.reduce((s, row, r) => s + row[i] * (k < size ? row[k] : wanted[r]), 0);
			return sum / times.length + (i === k ? ridge : 0);
		})
	);
	// Gauss with pivots: the systems are small.
	for (let i = 0; i < size; i++) {
		let best = i;
		for (let r = i + 1; r < size; r++)
			if (Math.abs(matrix[r][i]) > Math.abs(matrix[best][i])) best = r;
		[matrix[i], matrix[best]] = [matrix[best], matrix[i]];
		for (let r = i + 1; r < size; r++) {
			const factor = matrix[r][i] / matrix[i][i];
			for (let k = i; k <= size; k++) matrix[r][k] -= factor * matrix[i][k];
		}
	}
	const c = new Array<number>(size).fill(0);
	for (let i = size - 1; i >= 0; i--) {
		let sum = matrix[i][size];
		for (let k = i + 1; k < size; k++) sum -= matrix[i][k] * c[k];
		c[i] = sum / matrix[i][i];
	}
	return c;
}
