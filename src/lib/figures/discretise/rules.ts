// What the rules of discretisation make of one pole, and how far they are from the exact solution. Each step is the reference's.
import { discretizeNumber, RULES, type Rule } from '#kernels/discretize/reference.ts';
import {
	complex,
	exp,
	minus,
	over,
	plus,
	scale,
	size,
	times,
	type Complex
} from '#kernels/lib/complex.ts';

export { RULES, type Rule };

/** e^{ΔA} or its stand-in: where a pole stands in the disc. */
export const inDisc = (pole: Complex, delta: number, rule: Rule): Complex =>
	discretizeNumber(pole, delta, rule).keep;

/** The pole nearest to the real axis that zero-order hold cannot tell from this one at this step. */
export function alias(pole: Complex, delta: number): Complex {
	const around = (2 * Math.PI) / delta;
	return complex(pole.re, pole.im - around * Math.round(pole.im / around));
}

/** x(t): held at 1, or cos 3t. */
export type Input = 'held' | 'moving';
const SPEED = 3;
const inputAt = (kind: Input, t: number): number => (kind === 'held' ? 1 : Math.cos(SPEED * t));

/** h(T) of h′ = λh + x from h(0) = 0, in closed form. */
export function exactState(pole: Complex, kind: Input, T: number): Complex {
	const grown = exp(scale(pole, T));
	if (kind === 'held') return over(minus(grown, complex(1)), pole);
	const part = (speed: number) =>
		over(minus(exp(complex(0, speed * T)), grown), minus(complex(0, speed), pole));
	return scale(plus(part(SPEED), part(-SPEED)), 0.5);
}

/**
 * h(T) after `steps` equal steps. A step sees the input at its start (zero-order hold, Euler), at its end (backward Euler), or the mean
 * of both (bilinear, the trapezoidal rule).
 */
export function steppedState(
	pole: Complex,
	kind: Input,
	T: number,
	steps: number,
	rule: Rule
): Complex {
	const delta = T / steps;
	const { keep, write } = discretizeNumber(pole, delta, rule);
	let h = complex(0);
	for (let k = 0; k < steps; k++) {
		const [start, end] = [inputAt(kind, k * delta), inputAt(kind, (k + 1) * delta)];
		const x = rule === 'backward_euler' ? end : rule === 'bilinear' ? (start + end) / 2 : start;
		h = plus(times(keep, h), scale(write, x));
	}
	return h;
}

/** |stepped − exact| for each number of steps. */
export const errors = (
	pole: Complex,
	kind: Input,
	T: number,
	rule: Rule,
	counts: readonly number[]
): (readonly [delta: number, error: number])[] => {
	const exact = exactState(pole, kind, T);
	return counts.map((steps) => [
		T / steps,
		size(minus(steppedState(pole, kind, T, steps, rule), exact))
	]);
};
