// The processor's exponentials, over the whole range of f32.
import { describe, expect, it } from 'vitest';
import { exp, exp2Steps, silu, softplus, STEPS } from '#kernels/lib/exp.ts';

/** The largest |got / want − 1| over evenly spaced arguments. */
function largestError(
	from: number,
	to: number,
	got: (x: number) => number,
	want: (x: number) => number
): number {
	let worst = 0;
	for (let i = 0; i <= 200_000; i++) {
		const x = from + ((to - from) * i) / 200_000;
		const error = Math.abs(got(x) / want(x) - 1);
		if (!(error <= worst)) worst = error;
	}
	return worst;
}

describe("the processor's exponentials", () => {
	it('are within 1e-7 of the exact ones', () => {
		expect(largestError(-87, 88, exp, Math.exp)).toBeLessThan(1e-7);
		expect(largestError(-1e-3, 1e-3, exp, Math.exp)).toBeLessThan(1e-7);
		expect(largestError(0.01, 80, silu, (z) => z / (1 + Math.exp(-z)))).toBeLessThan(1e-7);
		expect(largestError(-80, -0.01, silu, (z) => z / (1 + Math.exp(-z)))).toBeLessThan(1e-7);
	});

	it('leave no digit of a small step behind, and take a large one as it is', () => {
		const exact = (x: number) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
		expect(largestError(-80, 80, softplus, exact)).toBeLessThan(1e-7);
		expect(softplus(1000)).toBe(1000);
		expect(softplus(-1000)).toBe(0);
	});

	it('end at 0 and at infinity, and let NaN through', () => {
		expect(exp(-1e9)).toBe(0);
		expect(exp(-Infinity)).toBe(0);
		expect(exp(1e9)).toBe(Infinity);
		expect(exp(0)).toBe(1);
		expect(exp2Steps(-3 * STEPS)).toBe(1 / 8);
		expect(exp(NaN)).toBeNaN();
		expect(silu(-1000)).toBeCloseTo(0, 30);
		expect(silu(1000)).toBe(1000);
	});
});
