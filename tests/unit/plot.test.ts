// Numbers and colours as they are shown.
import { describe, expect, it } from 'vitest';
import { probability, significant } from '#lib/plot/numbers.ts';
import { diverging, labOf, sequential } from '#lib/plot/scales.ts';

describe('numbers', () => {
	it.each([
		[0, '0'],
		[2.8912, '2.89'],
		[-0.05187, '-0.0519'],
		[10.5642, '10.6'],
		[12345.6, '1.23e4'],
		[0.0000123, '1.23e-5'],
		[NaN, 'NaN']
	])('%d is written %s', (value, text) => {
		expect(significant(value)).toBe(text);
	});

	it.each([
		[0.71702, '0.717'],
		[0.0005, '0.001'],
		[0.0004, '< 0.001'],
		[1, '1.000']
	])('a probability of %d is written %s', (value, text) => {
		expect(probability(value)).toBe(text);
	});
});

describe.each(['light', 'dark'] as const)('scales on %s paper', (theme) => {
	const lightness = (colour: string) => labOf(colour)[0];
	const parts = Array.from({ length: 11 }, (_, i) => i / 10);

	it('zero is the paper on both', () => {
		expect(diverging(0, 1, theme)).toBe(sequential(0, 1, theme));
		expect(diverging(0, 0, theme)).toBe(diverging(0, 1, theme));
	});

	it('equal steps of value are equal steps of lightness, on both sides of zero', () => {
		for (const sign of [-1, 1]) {
			const L = parts.map((part) => lightness(diverging(sign * part, 1, theme)));
			const steps = L.slice(1).map((value, i) => value - L[i]);
			for (const step of steps) expect(Math.abs(step - steps[0])).toBeLessThan(0.01);
		}
	});

	it('ends at the limit', () => {
		expect(diverging(5, 1, theme)).toBe(diverging(1, 1, theme));
		expect(diverging(-5, 1, theme)).toBe(diverging(-1, 1, theme));
		expect(sequential(2, 1, theme)).toBe(sequential(1, 1, theme));
	});
});
