// "From continuous to discrete": the figures' functions against closed forms, the recording against a run of the reference, and every
// number of the prose.
import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { complex, exp, minus, scale, size } from '#kernels/lib/complex.ts';
import {
	alias,
	errors,
	exactState,
	inDisc,
	RULES,
	steppedState
} from '#lib/figures/discretise/rules.ts';
import recorded from '#lib/figures/discretise/recorded.json';
import { crossEntropy } from '#lib/models/loss.ts';
import { ReferenceMamba, readText } from '#lib/models/mamba/reference.ts';
import { plain, significant } from '#lib/plot/numbers.ts';
import { openStoryModel, type StoryModel } from '../../src/cli/story-model.ts';

const CHAPTER = 'content/en/04-from-continuous-to-discrete.md';

describe('the image of the left half-plane', () => {
	const stable = [-0.01, -0.3, -2, -20].flatMap((re) =>
		[-40, -3, 0, 0.5, 9].map((im) => complex(re, im))
	);
	it.each(stable.map((pole) => [`${pole.re} + ${pole.im}i`, pole] as const))(
		'%s lands where the shading says',
		(_, pole) => {
			expect(size(inDisc(pole, 1, 'zoh'))).toBeLessThan(1);
			expect(size(inDisc(pole, 1, 'bilinear'))).toBeLessThan(1);
			expect(inDisc(pole, 1, 'euler').re).toBeLessThan(1);
			const back = inDisc(pole, 1, 'backward_euler');
			expect(size(minus(back, complex(0.5)))).toBeLessThan(0.5);
		}
	);

	it('is the whole disc already of one strip under zero-order hold: every point of it has a pole there', () => {
		const delta = 0.4;
		for (const length of [0.05, 0.5, 0.99])
			for (const turn of [-3.1, -1, 0, 2, 3.1]) {
				const pole = complex(Math.log(length) / delta, turn / delta);
				expect(pole.re).toBeLessThan(0);
				expect(Math.abs(pole.im) * delta).toBeLessThan(Math.PI);
				expect(size(inDisc(pole, delta, 'zoh'))).toBeCloseTo(length, 12);
			}
	});

	it('is the whole disc for bilinear: its rim comes from the axis', () => {
		for (const im of [0.1, 2, 50])
			expect(size(inDisc(complex(0, im), 0.3, 'bilinear'))).toBeCloseTo(1, 12);
	});

	it('has the same point for a pole and its alias', () => {
		for (const im of [6, -9, 25]) {
			const other = alias(complex(-0.5, im), 0.8);
			expect(Math.abs(other.im) * 0.8).toBeLessThanOrEqual(Math.PI);
			expect(size(minus(exp(scale(other, 0.8)), exp(scale(complex(-0.5, im), 0.8))))).toBeLessThan(
				1e-9
			);
		}
	});
});

describe('the error', () => {
	const pole = complex(-0.5, 2);
	it('is measured from a solution that fine steps approach', () => {
		for (const kind of ['held', 'moving'] as const)
			expect(
				size(minus(steppedState(pole, kind, 4, 200_000, 'bilinear'), exactState(pole, kind, 4)))
			).toBeLessThan(1e-9);
	});

	it('goes with the step for Euler and with its square for bilinear; a held input leaves none to the hold', () => {
		const slope = (rule: (typeof RULES)[number]) => {
			const [[, coarse], [, fine]] = errors(pole, 'moving', 4, rule, [800, 1600]);
			return Math.log2(coarse / fine);
		};
		expect(slope('euler')).toBeCloseTo(1, 1);
		expect(slope('backward_euler')).toBeCloseTo(1, 1);
		expect(slope('zoh')).toBeCloseTo(1, 1);
		expect(slope('bilinear')).toBeCloseTo(2, 1);
		for (const [, error] of errors(pole, 'held', 4, 'zoh', [4, 40, 4000]))
			expect(error).toBeLessThan(1e-13);
	});
});

describe('the recording of the trained model', () => {
	let twins: StoryModel[];
	beforeAll(async () => {
		twins = await Promise.all(
			recorded.twins.map(({ model }) => openStoryModel(`static/models/${model}`))
		);
	});

	it('is of the weights that ship', () => {
		for (const [i, { model }] of recorded.twins.entries())
			expect((recorded.made.weights as Record<string, string>)[model]).toBe(twins[i].sha256);
	});

	it.each(
		(['runs', 'twin'] as const).flatMap((of, k) =>
			recorded.texts[0][of].map((run) => [run.rule, of, run.loss, k] as const)
		)
	)('has the loss of the first text under %s (%s)', (rule, _, loss, k) => {
		const story = twins[k];
		const model = new ReferenceMamba(
			{ ...story.config, discretisation: rule as 'zoh' },
			(name) => story.weights.get(name) ?? []
		);
		const ids = story.encode(recorded.texts[0].text);
		const { logits } = readText(model, ids);
		const V = story.config.vocabSize;
		const losses = ids.slice(1).map((id, t) => crossEntropy(logits.slice(t * V, (t + 1) * V), id));
		expect(losses.reduce((a, b) => a + b, 0) / losses.length).toBeCloseTo(loss, 4);
	});
});

describe('the numbers in "From continuous to discrete"', () => {
	const prose = readFileSync(CHAPTER, 'utf8')
		// A mark of the glossary is no part of its sentence.
		.replace(/\[([^\]]*)\]\(glossary:[^)]*\)/g, '$1')
		.replace(/\]\([^)]*\)/g, ']')
		.replaceAll('$', '')
		.replaceAll('{,}', ',')
		.replaceAll('\\Dt', 'Δ')
		.replaceAll('\\A', 'A')
		.replaceAll('\\Bbar', 'B̄')
		.replace(/\s+/g, ' ');
	const at = complex(-0.5, 3);
	const length = (rule: (typeof RULES)[number], delta = 0.4, pole = at) =>
		plain(size(inDisc(pole, delta, rule)));
	const [first] = recorded.texts;
	const loss = (rule: string) => first.runs.find((run) => run.rule === rule)!.loss;
	const [own, twin] = recorded.twins;
	const twinOn = (rule: string) => first.twin.find((run) => run.rule === rule)!.next[0];
	const under = ({ losses }: typeof own, rule: string) =>
		losses.find((one) => one.rule === rule)!.loss.toFixed(3);
	const card = (name: string) =>
		(
			JSON.parse(readFileSync(`static/models/${name}/card.json`, 'utf8')) as {
				evaluation: { value: number };
			}
		).evaluation.value.toFixed(3);
	const moving = (rule: (typeof RULES)[number]) =>
		significant(errors(complex(-0.5, 2), 'moving', 4, rule, [40])[0][1]);
	const nine = (() => {
		let [low, high] = [0.01, 1];
		for (let i = 0; i < 60; i++) {
			const u = (low + high) / 2;
			if (-Math.expm1(-u) / u > 0.9) low = u;
			else high = u;
		}
		return low;
	})();
	it.each([
		`Zero-order hold puts it at a length of ${length('zoh')}`,
		`It lands at ${length('euler')}, outside`,
		`it stays inside, at ${length('euler', 0.1)}`,
		`-0.5 - ${plain(-alias(complex(-0.5, 6), 0.8).im)}i`,
		`at a step of 0.1 it is off by ${moving('zoh')}, and bilinear by ${moving('bilinear')}`,
		`loss on the first text, ${loss('official').toFixed(3)}`,
		`The loss is ${loss('zoh').toFixed(3)}`,
		`the factor is ${plain(Number(recorded.histogram.mean.toFixed(3)))}`,
		`Bilinear gives ${loss('bilinear').toFixed(3)}`,
		`the loss is ${loss('euler').toFixed(1)}, worse than the ${Math.log(4096).toFixed(2)} of a blind guess among 4,096`,
		`${(100 * recorded.histogram.beyond).toFixed(1)}% of all cells have a Δ |A| above 2`,
		`Its held-out loss is ${card('stories-mamba-zoh')}, and that of the storyteller ${card('stories-mamba')}`,
		`The storyteller goes from ${under(own, 'official')} to ${under(own, 'zoh')} under the hold`,
		`goes from ${under(twin, 'zoh')} to ${under(twin, 'official')}`,
		`${(100 * twin.beyond).toFixed(1)}% of its cells have a Δ |A| above 2, where the storyteller has ${(100 * own.beyond).toFixed(1)}%`,
		`Δ = 1 / 9.25 = ${plain(1 / (0.25 + 9))}`,
		`it has a length of ${length('backward_euler', 0.4, complex(0.2, 5))}`,
		`it says “the” with ${twinOn('official').p.toFixed(3)}, where under [its own rule] it says “Mia” with ${twinOn('zoh').p.toFixed(3)}`,
		`From about u = ${plain(nine)} on, which is −${(-Math.log10(nine)).toFixed(3)} on`,
		`A difference of ${(Number(card('stories-mamba-zoh')) - Number(card('stories-mamba'))).toFixed(3)} between them`
	])('%s', (claim) => {
		expect(prose).toContain(claim);
	});

	it('name what the twin says', () => {
		expect(twinOn('official').word).toBe(' the');
		expect(twinOn('zoh').word).toBe(' Mia');
	});

	it('leave the next word the same under the hold, and the right word in every sound rule', () => {
		for (const rule of ['official', 'zoh', 'bilinear'])
			expect(first.runs.find((run) => run.rule === rule)?.next[0].word).toBe(' Mia');
		expect(first.runs.find((run) => run.rule === 'euler')?.next[0].word).not.toBe(' Mia');
	});
});
