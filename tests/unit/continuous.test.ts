// The figures of "Continuous time" against closed forms and plain integration, and every number of its prose.
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { complex, size } from '#kernels/lib/complex.ts';
import { fromLink, toLink, untouched } from '#lib/figures/address.ts';
import { delayKernel } from '#lib/figures/continuous/modes.ts';
import {
	driven,
	free,
	halfLife,
	period,
	springPoles,
	springPosition
} from '#lib/figures/continuous/system.ts';
import { significant } from '#lib/plot/numbers.ts';

const CHAPTER = 'content/en/03-continuous-time.md';

describe('a free state', () => {
	it('has half of its size left after each half-life, and is where it was after a turn', () => {
		const pole = complex(-0.3, 4);
		for (const t of [0, 1, 2.5]) {
			const ratio = size(free(pole, t + halfLife(pole))) / size(free(pole, t));
			expect(ratio).toBeCloseTo(0.5, 12);
		}
		const turned = free(complex(0, 4), period(pole));
		expect(turned.re).toBeCloseTo(1, 12);
		expect(turned.im).toBeCloseTo(0, 12);
	});

	it('has the slope that its rule demands', () => {
		const pole = complex(-0.4, 3);
		const [before, now, after] = [1 - 1e-5, 1, 1 + 1e-5].map((t) => free(pole, t));
		expect((after.re - before.re) / 2e-5).toBeCloseTo(pole.re * now.re - pole.im * now.im, 7);
	});
});

describe('a driven state', () => {
	it.each([
		[-0.3, 4],
		[-1.6, 0],
		[0.25, 0],
		[0, 0]
	])('equals fine steps of the midpoint rule at λ = %d + %di', (re, im) => {
		const input = [1, 1, 0, -0.5, 0.25, 0];
		const hold = 0.2;
		const path = driven(complex(re, im), input, hold);
		expect(path).toHaveLength(1 + 4 * input.length);
		const fine = 4000;
		let [a, b] = [0, 0];
		for (const x of input)
			for (let i = 0; i < fine; i++) {
				const d = hold / fine;
				const slope = (p: number, q: number) => [re * p - im * q + x, re * q + im * p];
				const [s, r] = slope(a, b);
				const [u, v] = slope(a + (s * d) / 2, b + (r * d) / 2);
				a += u * d;
				b += v * d;
			}
		const [t, h] = path[path.length - 1];
		expect(t).toBeCloseTo(input.length * hold, 12);
		expect(h.re).toBeCloseTo(a, 6);
		expect(h.im).toBeCloseTo(b, 6);
	});
});

describe('the spring', () => {
	it.each([
		[4, 0.6],
		[4, 0],
		[4, 4],
		[4, 8],
		[9, 6],
		[1, 1.99999]
	])('k = %d, c = %d: poles solve the equation, and the place follows it', (k, c) => {
		for (const { re, im } of springPoles(k, c)) {
			expect(re * re - im * im + c * re + k).toBeCloseTo(0, 9);
			expect(2 * re * im + c * im).toBeCloseTo(0, 9);
		}
		let [place, speed] = [1, 0];
		const d = 1e-4;
		for (let i = 0; i < 20_000; i++) {
			const half = [place + (speed * d) / 2, speed + ((-k * place - c * speed) * d) / 2];
			place += half[1] * d;
			speed += (-k * half[0] - c * half[1]) * d;
		}
		expect(springPosition(k, c, 2)).toBeCloseTo(place, 5);
		expect(springPosition(k, c, 0)).toBe(1);
	});
});

describe('the closest kernel', () => {
	it('is closest: no other weights of one mode come closer', () => {
		const { wanted, best } = delayKernel('fading', 4, 3);
		// At the least squares, what is left is at right angles to every mode.
		const left = wanted.map(([t, v], i) => [t, v - best[i][1]] as const);
		for (const n of [1, 2, 3, 4]) {
			const dot = left.reduce((sum, [t, v]) => sum + v * Math.exp((-n * t) / 5), 0);
			expect(Math.abs(dot)).toBeLessThan(1e-3);
		}
	});

	it('is closest on paper where few modes need no damping, and never closer than that', () => {
		expect(delayKernel('fading', 4, 4).missed).toBeCloseTo(onPaper(4, 4).missed, 3);
		for (const n of [8, 16])
			expect(onPaper(n, 4).missed).toBeLessThan(delayKernel('fading', n, 4).missed);
	});

	it('comes closer with every further pole', () => {
		for (const kind of ['ringing', 'fading'] as const) {
			const missed = [2, 4, 8, 16, 32].map((n) => delayKernel(kind, n, 4).missed);
			missed.slice(1).forEach((m, i) => expect(m).toBeLessThan(missed[i]));
		}
	});
});

/**
 * The closest kernel of the fading poles −n/5 without any error of the state. Their modes are the powers q, q², … of q = e^{−t/5}, and
 * q times the Chebyshev polynomials of q spans the same functions without losing digits.
 */
function onPaper(size: number, delay: number): { missed: number; largest: number } {
	const times = Array.from({ length: 401 }, (_, i) => i / 40);
	const wanted = times.map((t) => Math.exp(-0.5 * ((t - delay) / 0.4) ** 2));
	const [least, most] = [Math.exp(-2), 1];
	const [slope, shift] = [2 / (most - least), -(most + least) / (most - least)];
	// Each polynomial by its coefficients, and each mode by its values.
	const polynomials: number[][] = [[1], [shift, slope]];
	while (polynomials.length < size) {
		const [a, b] = polynomials.slice(-2);
		const next = new Array<number>(b.length + 1).fill(0);
		b.forEach((v, k) => {
			next[k] += 2 * shift * v;
			next[k + 1] += 2 * slope * v;
		});
		a.forEach((v, k) => (next[k] -= v));
		polynomials.push(next);
	}
	const modes = Array.from({ length: size }, (_, k) =>
		times.map((t) => {
			const q = Math.exp(-t / 5);
			return q * Math.cos(k * Math.acos(Math.min(1, Math.max(-1, slope * q + shift))));
		})
	);
	const dot = (a: readonly number[], b: readonly number[]) =>
		a.reduce((sum, v, i) => sum + v * b[i], 0);
	const matrix = modes.map((a) => [...modes.map((b) => dot(a, b)), dot(a, wanted)]);
	for (let i = 0; i < size; i++)
		for (let r = i + 1; r < size; r++) {
			const factor = matrix[r][i] / matrix[i][i];
			for (let k = i; k <= size; k++) matrix[r][k] -= factor * matrix[i][k];
		}
	const c = new Array<number>(size).fill(0);
	for (let i = size - 1; i >= 0; i--)
		c[i] = (matrix[i][size] - dot(c.slice(i + 1), matrix[i].slice(i + 1, size))) / matrix[i][i];
	const left = wanted.map((v, i) => v - modes.reduce((sum, mode, k) => sum + c[k] * mode[i], 0));
	const weights = Array.from({ length: size }, (_, n) =>
		polynomials.reduce((sum, polynomial, k) => sum + c[k] * (polynomial[n] ?? 0), 0)
	);
	return {
		missed: dot(left, left) / dot(wanted, wanted),
		largest: Math.max(...weights.map(Math.abs))
	};
}

describe('a figure’s link', () => {
	it('has nothing for an untouched figure, and brings back what was changed', async () => {
		const { fields } = await import('#lib/figures/continuous/Pole.svelte');
		const first = untouched(fields);
		expect(toLink(fields, first)).toBe('');
		const changed = {
			...first,
			re: -1.25,
			show: 'input' as const,
			x: first.x.map((_, i) => (i % 2 ? -1 : 1))
		};
		const link = toLink(fields, changed);
		expect(link).toMatch(/^[\w.~=-]+$/);
		expect(fromLink(fields, link)).toEqual({ state: changed, damaged: false });
	});

	it.each(['2~re=1', '1~re=x', '1~q=1', '1~x=zz', '1~show=nothing', 'nonsense'])(
		'%s is read as far as it goes and called damaged',
		async (link) => {
			const { fields } = await import('#lib/figures/continuous/Pole.svelte');
			expect(fromLink(fields, link)).toEqual({ state: untouched(fields), damaged: true });
		}
	);

	it('is held within the figure’s limits', async () => {
		const { fields } = await import('#lib/figures/continuous/Pole.svelte');
		expect(fromLink(fields, '1~re=9').state.re).toBe(0.5);
	});
});

describe('the numbers in "Continuous time"', () => {
	const prose = readFileSync(CHAPTER, 'utf8')
		// A mark of the glossary is no part of its sentence.
		.replace(/\[([^\]]*)\]\(glossary:[^)]*\)/g, '$1')
		.replace(/\]\([^)]*\)/g, ']')
		.replace(/\s+/g, ' ');
	const at = (re: number, im = 0) => complex(re, im);
	const percent = (part: number) => `${(100 * part).toFixed(part < 0.1 ? 1 : 0)}%`;
	const reached = (input: (t: number) => number) => {
		const samples = Array.from({ length: 50 }, (_, i) => Number(input((i + 0.5) * 0.2).toFixed(2)));
		return Math.max(...driven(at(-0.3, 4), samples, 0.2).map(([, h]) => size(h)));
	};
	it.each([
		`half is left after ${significant(halfLife(at(-0.3)))} seconds as before`,
		`One turn took ${significant(period(at(-0.3, 4)))} seconds and now takes ${significant(period(at(-0.3, 8)))}.`,
		`it doubles every ${significant(-halfLife(at(0.25)))} seconds and after ten it stands at ${significant(size(free(at(0.25), 10)))}`,
		`at $-0.3$ it is ${significant(halfLife(at(-0.3)))} seconds, at $-1.6$ it is ${significant(halfLife(at(-1.6)))}, at $-0.03$ it is ${significant(halfLife(at(-0.03)))}`,
		`the [slow one] is at −${significant(-springPoles(4, 8)[0].re)}`,
		`[Sixteen] of them miss ${percent(delayKernel('fading', 16, 4).missed)} of the wanted kernel at four seconds, and sixty-four still ${percent(delayKernel('fading', 64, 4).missed)}`,
		`On paper sixteen could miss as little as ${percent(onPaper(16, 4).missed)}, with weights of up to ${Number(onPaper(16, 4).largest.toPrecision(2)).toLocaleString('en-US')};`,
		`bears an error of ${Math.sqrt(1e-9).toFixed(5)} in each`,
		`Eight numbers miss ${percent(delayKernel('ringing', 8, 4).missed)}, [sixteen] miss ${percent(delayKernel('ringing', 16, 4).missed)}, and no weight is above ${(Math.ceil(100 * Math.max(...[8, 16].map((n) => delayKernel('ringing', n, 4).largest))) / 100).toFixed(2)}`,
		`At $${significant(-Math.LN2 / 10)} + ${significant((2 * Math.PI) / 2)}i$`,
		`half in about ${significant(Math.LN2 / 3)} seconds`,
		`At $-0.3 + 4i$ the shaken state reaches ${significant(reached((t) => Math.cos(4 * t)))} within ten seconds`,
		`brings it to ${significant(reached((t) => (t >= 1 ? 1 : 0)))} at most`
	])('%s', (claim) => {
		expect(prose).toContain(claim);
	});
});
