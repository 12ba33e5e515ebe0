// The lesson: its minutes, its links, and every number in it.
import { describe, expect, it } from 'vitest';
import { complex, size } from '#kernels/lib/complex.ts';
import { inDisc } from '#lib/figures/discretise/rules.ts';
import { memory, overtakes } from '#lib/figures/price/cost.ts';
import { PUBLISHED } from '#lib/figures/price/shapes.ts';
import recorded from '#lib/figures/price/recorded.json';
import { LESSON } from '#lib/figures/present/lesson.ts';
import { standing } from '#lib/figures/registry.ts';
import { teach } from '#lib/messages/en/teach.ts';
import { bytesText } from '#lib/plot/numbers.ts';

const said = JSON.stringify(teach);
const [llama, , pure] = PUBLISHED;

describe('the lesson', () => {
	it('takes 45 minutes', () => {
		expect(teach.steps.reduce((sum, { minutes }) => sum + minutes, 0)).toBe(45);
		expect(teach.description).toContain('45 minutes');
	});

	it('leads to figures that stand alone, under the titles that they have', () => {
		const titles = JSON.stringify(
			import.meta.glob(
				'../../src/lib/messages/en/{holding,price,continuous,discretise,convolution,selection}.ts',
				{ eager: true }
			)
		);
		for (const { figure } of teach.steps)
			if (figure) {
				expect(standing.map(({ name }) => name)).toContain(figure.name);
				expect(titles).toContain(JSON.stringify(figure.label));
				expect(`1~${figure.state ?? 'a=1'}`).toMatch(/^1(~[a-z]+=[^~&]+)+$/);
			}
	});

	it('is turned through by keys in its own order', () => {
		expect(
			teach.steps.flatMap(({ figure }) =>
				figure ? [{ name: figure.name, ...(figure.state ? { state: figure.state } : {}) }] : []
			)
		).toEqual(LESSON);
	});

	it.each([
		[
			'pairs',
			`35 tokens are ${(35 * 36) / 2} pairs, 70 tokens are ${((70 * 71) / 2).toLocaleString('en-US')}`
		],
		['the state', `${bytesText(memory(pure, 1))}; a cache`],
		['the crossing', `after ${overtakes(llama, pure)!} tokens`],
		['pairs on paper', `= ${(10 * 11) / 2} pairs; token 11 adds 11`],
		['states on paper', '1, 0.5, 0.25, 1.125. Without the first input 1: an eighth']
	])('has the number: %s', (_, text) => {
		expect(said).toContain(text);
	});

	it('says right what its figures show', () => {
		expect(recorded.words).toHaveLength(35);
		expect(size(inDisc(complex(-0.5, 3), 0.4, 'euler'))).toBeGreaterThan(1);
		const quarter = size(inDisc(complex(-0.5, 3), 0.1, 'euler'));
		expect(quarter).toBeLessThan(1);
		expect(quarter).toBeGreaterThan(0.99);
		let h = 0;
		const states = [1, 0, 0, 1].map((x) => (h = 0.5 * h + x));
		expect(states).toEqual([1, 0.5, 0.25, 1.125]);
		expect(0.5 ** 3).toBe(1 / 8);
		expect(Math.abs(1 - 2 * 1)).toBe(1);
	});
});
