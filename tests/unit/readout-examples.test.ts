import { beforeAll, describe, expect, it } from 'vitest';
import { examples } from '#lib/figures/holding/examples.ts';
import { readText } from '#lib/models/mamba/reference.ts';
import { openStoryModel, probabilitiesAt, type StoryModel } from '../../src/cli/story-model.ts';

describe('the examples that the figure offers', () => {
	let story: StoryModel;
	beforeAll(async () => {
		story = await openStoryModel('static/models/stories-mamba');
	});

	it('are four to six, the lead first, and not all of them successes', () => {
		expect(examples.length).toBeGreaterThanOrEqual(4);
		expect(examples.length).toBeLessThanOrEqual(6);
		expect(examples[0].text).toContain('Mia');
		expect(examples.some(({ promise }) => promise !== 'holds')).toBe(true);
		for (const { words, promise } of examples)
			if (promise === 'holds') expect(words.hold).toBeGreaterThanOrEqual(5);
	});

	it.each(examples.map((example) => [example.key, example] as const))(
		'do what they say: %s',
		(_, { text, layer, token, control, promise, measured }) => {
			const ids = story.encode(text);
			const last = ids.length - 1;
			const word = ids[token];
			const run = (erased?: number) =>
				probabilitiesAt(
					story,
					readText(story.model, ids, {
						head: 'last',
						interventions: erased === undefined ? [] : [{ kind: 'erase', layer, token: erased }]
					}),
					last
				)[word];
			const [untouched, erased, spared] = [run(), run(token), run(control)];
			expect(untouched).toBeCloseTo(measured.probability, 3);
			expect(erased).toBeCloseTo(measured.erased, 3);
			expect(spared).toBeCloseTo(measured.control, 3);
			expect(Math.abs(spared - untouched)).toBeLessThanOrEqual(0.05);
			if (promise === 'holds') expect(erased).toBeLessThanOrEqual(untouched / 2);
			else expect(Math.abs(erased - untouched)).toBeLessThanOrEqual(0.05);
		}
	);
});
