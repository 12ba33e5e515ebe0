// What is said of each text of the explorer, measured again by the plain float64 reference: the search asked the page's session.
import { beforeAll, describe, expect, it } from 'vitest';
import { examples } from '#lib/figures/explore/examples.ts';
import { FAMILIES } from '../../src/cli/example-families.ts';
import { referenceReader, type Reader } from '../../src/cli/example-reader.ts';
import { openStoryModel } from '../../src/cli/story-model.ts';

describe('the evidence of the explorer’s texts', () => {
	let reader: Reader;
	beforeAll(async () => {
		reader = referenceReader(await openStoryModel('static/models/stories-mamba'));
	});

	it.each(examples.map((example) => [example.key, example] as const))(
		'is what the weights that ship make: %s',
		async (key, { text, word, where, evidence }) => {
			const family = FAMILIES.find((one) => one.key === key);
			expect(family?.template.replaceAll('{word}', word)).toBe(text);
			const layers = where.layer < 0 ? undefined : [where.layer];
			const [measured] = (await family?.measure(reader, word, layers)) ?? [];
			expect(measured.holds).toBe(true);
			expect(measured).toMatchObject({ layer: where.layer, token: where.token });
			expect(measured.channel).toBe(where.channel);
			for (const name of ['before', 'effect', 'control'] as const)
				expect(Math.abs(measured[name] - evidence[name]), name).toBeLessThanOrEqual(
					1e-4 + 2e-3 * Math.abs(evidence[name])
				);
		}
	);
});
