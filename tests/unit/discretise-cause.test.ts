// Why full Euler breaks the storyteller: the reference with Euler's Ā in some cells and the exact one in the others.
import { readFileSync } from 'node:fs';
import { expect, it, vi } from 'vitest';
import recorded from '#lib/figures/discretise/recorded.json';
import { crossEntropy } from '#lib/models/loss.ts';
import { ReferenceMamba, readText } from '#lib/models/mamba/reference.ts';
import { openStoryModel } from '../../src/cli/story-model.ts';

/** In which cells Ā is Euler's, by u = Δ|A|. */
const rule = vi.hoisted(() => ({ isEuler: (u: number): boolean => u > 2 }));
vi.mock('#kernels/selective_scan/reference.ts', () => ({
	discretise: (_: string, delta: number, A: number) => ({
		A_bar: rule.isEuler(-delta * A) ? 1 + delta * A : Math.exp(delta * A),
		B_bar: delta
	})
}));

const prose = readFileSync('content/en/04-from-continuous-to-discrete.md', 'utf8').replace(
	/\s+/g,
	' '
);

it('full Euler breaks the storyteller by the cells with Δ|A| above 2, and by no others', async () => {
	const story = await openStoryModel('static/models/stories-mamba');
	const model = new ReferenceMamba(story.config, (name) => story.weights.get(name) ?? []);
	const ids = story.encode(recorded.texts[0].text);
	const V = story.config.vocabSize;
	const loss = (isEuler: (u: number) => boolean) => {
		rule.isEuler = isEuler;
		const { logits } = readText(model, ids);
		return (
			ids
				.slice(1)
				.reduce((sum, id, t) => sum + crossEntropy(logits.slice(t * V, (t + 1) * V), id), 0) /
			(ids.length - 1)
		);
	};
	const everywhere = recorded.texts[0].runs.find(({ rule }) => rule === 'euler')!.loss;
	expect(loss(() => true)).toBeCloseTo(everywhere, 3);
	expect(prose).toContain(
		`Euler’s $\\Abar$ for these cells alone, and the loss is ${loss((u) => u > 2).toFixed(1)}; Euler’s for all but these, and it is ${loss((u) => u <= 2).toFixed(3)}.`
	);
});
