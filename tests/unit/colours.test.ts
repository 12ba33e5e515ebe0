// The site's colours, read from the style sheet that pages use: symbols can be told apart in every common kind of colour vision,
// all that is read has contrast enough, and the scales are what their comments say.
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { diverging, labOf, sequential, type Theme } from '#lib/plot/scales.ts';

const css = readFileSync('src/lib/styles/tokens.css', 'utf8');

function block(opening: string): string {
	const start = css.indexOf(opening);
	expect(start, opening).toBeGreaterThan(-1);
	return css.slice(start, css.indexOf('}', start));
}

const coloursIn = (text: string): Record<string, string> =>
	Object.fromEntries(
		[...text.matchAll(/--([\w-]+):\s*(#[0-9a-f]{6});/g)].map(([, k, v]) => [k, v])
	);

const colours: Readonly<Record<Theme, Record<string, string>>> = {
	light: coloursIn(block(':root {')),
	dark: coloursIn(block(":root[data-theme='dark'] {"))
};
const SYMBOLS = ['x', 'h', 'delta', 'A', 'B', 'C', 'y'];
const THEMES = ['light', 'dark'] as const;

type Rgb = readonly [number, number, number];

/** Linear light of `#rrggbb`. */
const linear = (hex: string): Rgb =>
	[1, 3, 5].map((at) => {
		const v = parseInt(hex.slice(at, at + 2), 16) / 255;
		return v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
	}) as unknown as Rgb;

const hexOf = (rgb: readonly number[]): string =>
	`#${rgb
		.map((v) => Math.max(0, Math.min(1, v)))
		.map((v) => (v <= 0.0031308 ? 12.92 * v : 1.055 * v ** (1 / 2.4) - 0.055))
		.map((v) =>
			Math.round(v * 255)
				.toString(16)
				.padStart(2, '0')
		)
		.join('')}`;

// Machado, Oliveira & Fernandes 2009, "A physiologically-based model for simulation of color vision deficiency", severity 1.
const VISION: Readonly<Record<string, readonly Rgb[]>> = {
	normal: [
		[1, 0, 0],
		[0, 1, 0],
		[0, 0, 1]
	],
	protan: [
		[0.152286, 1.052583, -0.204868],
		[0.114503, 0.786281, 0.099216],
		[-0.003882, -0.048116, 1.051998]
	],
	deutan: [
		[0.367322, 0.860646, -0.227968],
		[0.280085, 0.672501, 0.047413],
		[-0.01182, 0.04294, 0.968881]
	],
	tritan: [
		[1.255528, -0.076749, -0.178779],
		[-0.078411, 0.930809, 0.147602],
		[0.004733, 0.691367, 0.3039]
	]
};

/** How a colour looks to an eye of that kind. */
const seen = (hex: string, vision: string): string => {
	const rgb = linear(hex);
	return hexOf(VISION[vision].map((row) => row.reduce((sum, w, i) => sum + w * rgb[i], 0)));
};

/** OKLab distance × 100. */
const distance = (a: string, b: string): number => {
	const [p, q] = [labOf(a), labOf(b)];
	return 100 * Math.hypot(...p.map((v, i) => v - q[i]));
};

const luminance = (hex: string): number => {
	const [r, g, b] = linear(hex);
	return 0.2126 * r + 0.7152 * g + 0.0722 * b;
};
/** Contrast as WCAG 2 defines it. */
const contrast = (a: string, b: string): number => {
	const [low, high] = [luminance(a), luminance(b)].sort((p, q) => p - q);
	return (high + 0.05) / (low + 0.05);
};

describe.each(THEMES)('%s', (theme) => {
	const own = colours[theme];

	it.each(Object.keys(VISION))('no two symbols look alike with %s vision', (vision) => {
		const pairs = SYMBOLS.flatMap((a, i) => SYMBOLS.slice(i + 1).map((b) => [a, b]));
		for (const [a, b] of pairs)
			expect(
				distance(seen(own[a], vision), seen(own[b], vision)),
				`${a} and ${b}`
			).toBeGreaterThanOrEqual(8);
	});

	it('symbols, links and captions have AA contrast on paper, prose AAA', () => {
		for (const name of [...SYMBOLS, 'accent', 'ink-2'])
			expect(contrast(own[name], own.paper), name).toBeGreaterThanOrEqual(4.5);
		for (const name of ['accent', 'ink-2'])
			expect(contrast(own[name], own['paper-2']), name).toBeGreaterThanOrEqual(4.5);
		expect(contrast(own.ink, own.paper)).toBeGreaterThanOrEqual(7);
		expect(contrast(own['line-2'], own.paper)).toBeGreaterThanOrEqual(3);
	});

	it('zero is the paper on both scales', () => {
		expect(diverging(0, 1, theme)).toBe(own.paper);
		expect(sequential(0, 1, theme)).toBe(own.paper);
		expect(diverging(0.3, 0, theme)).toBe(own.paper);
	});

	it('a magnitude ends in ink', () => {
		expect(sequential(1, 1, theme)).toBe(own.ink);
		expect(sequential(7, 1, theme)).toBe(own.ink);
	});

	it.each(Object.keys(VISION))('signs can be told apart with %s vision', (vision) => {
		for (const part of [0.25, 0.5, 1])
			expect(
				distance(seen(diverging(part, 1, theme), vision), seen(diverging(-part, 1, theme), vision)),
				`±${part}`
			).toBeGreaterThanOrEqual(part * 16);
	});

	it.each([
		['diverging, up', (part: number) => diverging(part, 1, theme)],
		['diverging, down', (part: number) => diverging(-part, 1, theme)],
		['sequential', (part: number) => sequential(part, 1, theme)]
	])('%s: equal steps of value are equal steps of colour', (_, colour) => {
		const steps = Array.from({ length: 10 }, (_, i) =>
			distance(colour(i / 10), colour((i + 1) / 10))
		);
		const mean = steps.reduce((sum, step) => sum + step, 0) / steps.length;
		for (const step of steps) expect(Math.abs(step / mean - 1)).toBeLessThan(0.15);
	});

	it('both signs are as strong', () => {
		const [up, down] = [diverging(1, 1, theme), diverging(-1, 1, theme)];
		expect(Math.abs(distance(up, own.paper) / distance(down, own.paper) - 1)).toBeLessThan(0.08);
	});
});

it('dark is the same whether chosen here or by the system', () => {
	const system = coloursIn(css.slice(css.indexOf(":root:not([data-theme='light'])")).split('}')[0]);
	expect(system).toEqual(colours.dark);
	expect(Object.keys(colours.dark)).toEqual(Object.keys(colours.light));
});
